// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/endpoint.h>
#include <iocp/operation.h>
#include <iocp/received.h>
#include <iocp/result.h>

#include <cstddef>
#include <span>

namespace iocp::detail {

class Buffer;
class Worker;

// The longest payload of a UDP datagram: 65,535 bytes of IPv6 payload less the UDP header (RFC 8200, 3; RFC 768).
inline constexpr std::size_t kLongestDatagram = 65'527;

// Sends one datagram through `worker`'s engine, to an endpoint as the socket names it. Never waits.
[[nodiscard]] Result SendDatagram(Worker& worker, SocketHandle socket, const Endpoint& to,
                                  std::span<const std::byte> bytes) noexcept;

// In memory of its own, of just its size. Null where there is none.
[[nodiscard]] Buffer* CopyOf(const Received& datagram) noexcept;

// `remote` as a socket with the local address `local` names it: mapped where the socket serves both families.
[[nodiscard]] Endpoint AsNamedBy(const Endpoint& local, const Endpoint& remote) noexcept;

}  // namespace iocp::detail
