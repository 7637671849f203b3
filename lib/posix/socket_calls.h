// SPDX-License-Identifier: MIT
// What both engines of this platform do with a socket themselves: calls that never block.
#pragma once

#include <iocp/operation.h>

namespace iocp::detail {

// Accept. False: no connection is there.
[[nodiscard]] bool AcceptNow(IOCP_Operation& operation) noexcept;

// Connect: the first call begins it, and one when the socket is ready, of an operation that is pending by then, finds
// out what came of it (connect(2), EINPROGRESS). False: it is under way.
[[nodiscard]] bool ConnectNow(IOCP_Operation& operation) noexcept;

// SendTo, in one call. The operation is finished.
void SendDatagramNow(IOCP_Operation& operation) noexcept;

// RecvFrom, and whatever the operation has room for, in one call. False: no datagram is there.
[[nodiscard]] bool ReceiveDatagramsNow(IOCP_Operation& operation) noexcept;

// SendFile, as much as there is room for and time. False: the socket has no room.
[[nodiscard]] bool SendFileNow(IOCP_Operation& operation) noexcept;

// A socket that was just accepted or connected: sends small messages at once (RFC 896 would hold them back).
void SwitchNagleOff(SocketHandle socket) noexcept;

}  // namespace iocp::detail
