// SPDX-License-Identifier: MIT
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iocp::detail {

class Buffer;
class BufferPool;

// Buffers of a pool that a ring holds ready for receives, so that a receive that waits holds none. The kernel takes
// them in turn, through all of their memory; so there are only about as many as one turn of the worker needs, which
// stay in the processor's cache, and more from the moment when they did not suffice.
class ProvidedBuffers {
public:
    static constexpr std::uint16_t kGroup = 0;

    // Throws StartError.
    ProvidedBuffers(io_uring& ring, BufferPool& pool, std::uint32_t count);
    ProvidedBuffers(const ProvidedBuffers&) = delete;
    ProvidedBuffers& operator=(const ProvidedBuffers&) = delete;

    // The ring takes none any more.
    ~ProvidedBuffers();

    // The buffer that a completion chose.
    [[nodiscard]] Buffer* Take(const io_uring_cqe& completion);

    // Once for each turn of the worker: replaces what was taken, as far as the pool allows.
    void Refill();

    // Gives all back and begins with a few, now or soon. A receive that waits finds those.
    void StartAnew() noexcept;

    // A receive found none: from now on there are twice as many in each turn. False: the pool allows none.
    bool Grow();

private:
    // The native code of what failed, or 0.
    [[nodiscard]] int Register() noexcept;
    void StartAnewIfNoneIsNamed() noexcept;
    void GiveAllBack() noexcept;
    void Fill();
    void ShrinkIfTooMany() noexcept;

    io_uring& ring_;
    BufferPool& pool_;
    io_uring_buf_ring* shared_;  // with the kernel
    bool registered_ = false;
    bool start_anew_ = false;           // is to be done
    std::vector<Buffer*> held_;         // by place
    std::vector<std::uint16_t> empty_;  // places
    std::size_t wanted_ = 0;            // that are ready when a turn begins
    std::size_t least_left_ = 0;        // at the end of a turn, of late
    unsigned turns_ = 0;                // since then
    bool has_grown_ = false;            // in this turn
};

}  // namespace iocp::detail
