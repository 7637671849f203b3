// SPDX-License-Identifier: MIT
// What the engine and the opening of sockets share: calls that never block.
#pragma once

#include <iocp/operation.h>

namespace iocp::detail {

// For overlapped operations; child processes don't inherit it. kNoSocket where it failed: WSAGetLastError tells why.
[[nodiscard]] SocketHandle NewSocket(int family, int type) noexcept;

// Calls without an OVERLAPPED return WSAEWOULDBLOCK instead of waiting. The native code of a failure, or 0.
[[nodiscard]] int MakeNonBlocking(SocketHandle socket) noexcept;

// Sends small messages at once (RFC 896 would hold them back).
void SwitchNagleOff(SocketHandle socket) noexcept;

// SendTo, in one call. The operation is finished.
void SendDatagramNow(IOCP_Operation& operation) noexcept;

}  // namespace iocp::detail
