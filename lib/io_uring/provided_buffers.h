// SPDX-License-Identifier: MIT
#pragma once

#include <liburing.h>

#include <cstdint>
#include <vector>

namespace iocp::detail {

class Buffer;
class BufferPool;

// Buffers of a pool that a ring holds ready for receives, so that a receive that waits holds none.
class ProvidedBuffers {
public:
    static constexpr std::uint16_t kGroup = 0;

    // Throws StartError.
    ProvidedBuffers(io_uring& ring, BufferPool& pool, std::uint32_t count);
    ProvidedBuffers(const ProvidedBuffers&) = delete;
    ProvidedBuffers& operator=(const ProvidedBuffers&) = delete;

    // The ring takes none any more.
    ~ProvidedBuffers();

    // The buffer that a completion chose; another takes its place.
    [[nodiscard]] Buffer* Take(const io_uring_cqe& completion);

    // Fills empty places as far as the pool allows. False: all are empty still.
    bool Refill();

private:
    BufferPool& pool_;
    io_uring_buf_ring* ring_;
    std::vector<Buffer*> held_;
    std::vector<std::uint16_t> empty_;
};

}  // namespace iocp::detail
