// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/client.h>
#include <iocp/result.h>
#include <iocp/task.h>

#include <cstdint>

namespace iocp {

// How a Relay ended: true where both sides ended in order.
struct Relayed : Result {
    std::uint64_t forth = 0;  // bytes from the first to the second
    std::uint64_t back = 0;
};

// Sends to each of two clients what the other sends, until both have ended their side or one fails; then the other is
// closed as well. An end of one direction is passed on while the other direction goes on. What one side sends is
// received only as fast as the other takes it. Both must live on the calling coroutine's worker, as a client and what
// it Connects to do; nobody else receives from them meanwhile.
[[nodiscard]] Task<Relayed> Relay(IOCP_Client& one, IOCP_Client& other);

}  // namespace iocp
