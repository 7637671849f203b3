// SPDX-License-Identifier: MIT
#pragma once

#include "recycling.h"

#include <cstddef>
#include <cstdint>
#include <vector>

class IOCP_Operation;

namespace iocp::detail {

class BufferPool;

// Memory that can be lent: a header, and `Capacity()` bytes behind it.
class alignas(16) Buffer {
public:
    // A buffer of its own, outside any pool; the only kind that may change threads. Null where there is no memory.
    [[nodiscard]] static Buffer* Make(std::size_t capacity) noexcept { return Make(capacity, nullptr); }

    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    [[nodiscard]] std::byte* Bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
    [[nodiscard]] std::size_t Capacity() const noexcept { return capacity_; }

    // To its pool, or to the heap.
    void GiveBack() noexcept;

    std::size_t size = 0;    // of what is in it; for queues of buffers
    std::size_t taken = 0;   // of that; for UnreadBytes
    Buffer* next = nullptr;  // for queues of buffers

private:
    friend class BufferPool;

    static Buffer* Make(std::size_t capacity, BufferPool* pool) noexcept;

    Buffer(std::size_t capacity, BufferPool* pool) noexcept : capacity_(capacity), pool_(pool) {}
    ~Buffer() = default;

    void Free() noexcept;

    std::size_t capacity_;
    BufferPool* pool_;
};

// One worker's receive buffers, all of one size. Hands out the one that came back last, whose memory is warm, and keeps
// a limited number of free ones. Thread rule: only on its worker's thread.
class BufferPool {
public:
    BufferPool(std::size_t buffer_size, std::size_t most_out) noexcept
        : buffer_size_(buffer_size), most_out_(most_out) {}
    BufferPool(const BufferPool&) = delete;
    BufferPool& operator=(const BufferPool&) = delete;

    // All buffers are back.
    ~BufferPool();

    // Null when `most_out` are out, or there is no memory.
    [[nodiscard]] Buffer* Acquire() noexcept;
    void Release(Buffer& buffer) noexcept;

    // Lends a RecvLent a buffer to be filled. False: there is none.
    [[nodiscard]] bool LendTo(IOCP_Operation& operation) noexcept;

    // Where no bytes came. No effect where none is lent.
    static void TakeBackFrom(IOCP_Operation& operation) noexcept;

    // Gives the free buffers to the heap.
    void Clear() noexcept;

    [[nodiscard]] std::size_t BufferSize() const noexcept { return buffer_size_; }
    [[nodiscard]] std::size_t Out() const noexcept { return out_; }

private:
    static constexpr std::size_t kKeep = kRecycles ? 64 : 0;

    const std::size_t buffer_size_;
    const std::size_t most_out_;
    std::size_t out_ = 0;
    std::size_t free_count_ = 0;
    Buffer* free_ = nullptr;
};

}  // namespace iocp::detail
