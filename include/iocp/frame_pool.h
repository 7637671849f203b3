// SPDX-License-Identifier: MIT
// Where the frames of coroutines lie. Nothing here is called by users.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace iocp::detail {

// What frames of coroutines that have ended leave to those that begin, so that a task costs no trip to the heap: a list
// for each size, each with few pieces. Of one worker, and used on its thread only.
class FramePool {
public:
    FramePool() noexcept = default;
    FramePool(const FramePool&) = delete;
    FramePool& operator=(const FramePool&) = delete;
    ~FramePool() { Clear(); }

    // Gives what it keeps to the heap.
    void Clear() noexcept;

    // What it takes for a frame of `size` bytes to lie in any piece of its list.
    [[nodiscard]] static constexpr std::size_t RoundUp(std::size_t size) noexcept {
        return ListFor(size) * kStep - kHeader;
    }

    // A piece that holds `size` bytes. Null where none is left.
    [[nodiscard]] void* Take(std::size_t size) noexcept {
        if (ListFor(size) >= kLists) return nullptr;
        List& list = lists_[ListFor(size)];
        Piece* const piece = list.first;
        if (piece == nullptr) return nullptr;
        list.first = piece->next;
        --list.count;
        return piece;
    }

    // Keeps a piece from NewFrame(`size`). False: it is not wanted.
    [[nodiscard]] bool Keep(void* memory, std::size_t size) noexcept {
        if (ListFor(size) >= kLists) return false;
        List& list = lists_[ListFor(size)];
        if (list.count == kMostInList) return false;
        list.first = ::new (memory) Piece{list.first};
        ++list.count;
        return true;
    }

private:
    struct Piece {
        Piece* next;
    };
    struct List {
        Piece* first = nullptr;
        std::size_t count = 0;
    };

    // Heaps give out multiples of this, less what they keep for themselves: glibc's and Windows' do.
    static constexpr std::size_t kStep = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
    static constexpr std::size_t kHeader = sizeof(std::size_t);
    static constexpr std::size_t kLists = 1024 / kStep;  // longer frames are rare
    static constexpr std::size_t kMostInList = 64;

    [[nodiscard]] static constexpr std::size_t ListFor(std::size_t size) noexcept {
        return (size + kHeader + kStep - 1) / kStep;
    }

    std::array<List, kLists> lists_;
};

// The worker's whose turn it is on this thread, if it has one.
inline constinit thread_local FramePool* frames_of_this_thread = nullptr;

// The heap's part. Not inline, as GCC warns of a pair of which it sees one half only.
[[nodiscard]] void* NewFrame(std::size_t size);
void DeleteFrame(void* memory) noexcept;

// A base of promises.
struct PooledFrame {
    [[nodiscard]] static void* operator new(std::size_t size) {
        FramePool* const pool = frames_of_this_thread;
        void* const memory = pool != nullptr ? pool->Take(size) : nullptr;
        return memory != nullptr ? memory : NewFrame(size);
    }
    static void operator delete(void* memory, std::size_t size) noexcept {
        FramePool* const pool = frames_of_this_thread;
        if (pool == nullptr || !pool->Keep(memory, size)) DeleteFrame(memory);
    }
};

}  // namespace iocp::detail
