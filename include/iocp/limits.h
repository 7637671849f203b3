// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace iocp {

// Whom a listener lets in, and what it expects of those who are in:
//   listener.limits = {.clients_per_address = 64, .first_byte = 10s, .idle = 2min};
// 0 switches a rule off, unless it says otherwise: each could harm an honest client of some protocol, so the protocol
// chooses. IOCP_CORE::SetLimits changes them while the core runs. Each rule has a counter (iocp::Counters), and
// IOCP_Protocol::OnReject tells whom it hit.
//
// What ends a client by time (first_byte, idle, least_rate) counts only the time that its handler waits in Recv: nobody
// is blamed for a handler that does not listen. UDP peers are listened to always. The Recv under way ends as Timeout;
// all but sends ends as Stopped from then on, and half a second later sends do too. When the handler has returned, the
// connection is closed without waiting for the peer. A DatagramProtocol has no clients, so nothing here concerns it.
struct Limits {
    // Clients at a time. 0: TCP as many as the process's descriptor limit allows, UDP 65,536.
    // TCP clients above it wait in the system's backlog; UDP peers above it are refused.
    std::size_t clients = 0;

    // The same for each IPv4 address, and for each /64 of IPv6, which is what one customer gets. Clients above it are
    // refused: a TCP connection by a reset, which leaves nothing of it with the system; of a UDP peer its datagram is
    // dropped. The refused use up none of accepts_per_second.
    std::size_t clients_per_address = 0;

    // Clients let in, on average; after a quiet time as many may come at once as in a second. TCP clients above it wait
    // their turn in the system's backlog: a wave of honest ones is only spread, and a flood costs the core no more than
    // this. UDP peers above it are refused.
    std::size_t accepts_per_second = 0;

    // Until the first byte of a client. With it, idle and least_rate count from the first byte. TCP.
    std::chrono::milliseconds first_byte{0};

    // Without a byte or datagram. 0: TCP for ever, UDP one minute; milliseconds::max(): for ever.
    std::chrono::milliseconds idle{0};

    // Bytes per second, on average over each `rate_window` of waiting for the client. For protocols whose clients have
    // something to send whenever they are waited for, as in an upload; where they may pause, idle says for how long.
    std::size_t least_rate = 0;
    std::chrono::milliseconds rate_window{10'000};

    // Bytes of a frame, for RecvExactly, RecvUntil, RecvLine and RecvFrame: beside the maximum of the call, which ends
    // as TooLong alike. A client whose frame is longer than this one is ended besides, without waiting for more of it.
    std::size_t frame = 0;

    // For a Send or SendFile without a deadline of its own, which ends as Timeout then. Of sends that begin later. TCP.
    std::chrono::milliseconds send{0};
};

// The rule, of those in Limits, that kept a client out or ended it.
enum class Rejection : std::uint8_t {
    Clients,            // kept out; UDP only, TCP clients wait
    ClientsPerAddress,  // kept out
    AcceptsPerSecond,   // kept out; UDP only, TCP clients wait
    FirstByte,          // ended, like the rest
    Idle,
    LeastRate,
    Frame,
};

// "clients", "clients_per_address", "first_byte"...
[[nodiscard]] std::string_view ToString(Rejection rule) noexcept;

}  // namespace iocp
