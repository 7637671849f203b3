// SPDX-License-Identifier: MIT
#pragma once

#include "recycling.h"

#include <iocp/endpoint.h>

#include <array>
#include <cstddef>
#include <span>
#include <utility>

class IOCP_Operation;

namespace iocp::detail {

class Buffer;
class BufferPool;

// Datagrams that were there together with the one of a RecvFrom, and came in the same call; until they are taken. Room
// for more takes memory only during that call.
class DatagramBatch {
public:
    // Without recycling each place costs a fresh buffer for each call.
    static constexpr std::size_t kMost = kRecycles ? 31 : 3;

    struct Place {
        Buffer* buffer;  // the datagram, and its size
        Endpoint from;
        bool truncated;
    };

    explicit DatagramBatch(BufferPool& buffers) noexcept : buffers_(buffers) {}
    DatagramBatch(const DatagramBatch&) = delete;
    DatagramBatch& operator=(const DatagramBatch&) = delete;
    ~DatagramBatch() { Keep(0, false); }

    // The oldest datagram becomes the result of `operation`, and its buffer the operation's. False: there is none.
    [[nodiscard]] bool Take(IOCP_Operation& operation);

    // For an engine, where all have been taken: places with buffers. It calls Keep afterwards.
    [[nodiscard]] std::span<Place> MakeRoom() noexcept;

    // The first `count` places are filled; the others get no datagram. `drained`: no more were there.
    void Keep(std::size_t count, bool drained) noexcept;

    // For an engine, once after each Keep: so it is no use to look for more at once.
    [[nodiscard]] bool IsDrained() noexcept { return std::exchange(drained_, false); }

private:
    BufferPool& buffers_;
    std::array<Place, kMost> places_;
    std::size_t first_ = 0;
    std::size_t end_ = 0;
    bool drained_ = false;
};

}  // namespace iocp::detail
