// SPDX-License-Identifier: MIT
// The system's sockets under the few names that tests/support needs on both platforms.
#pragma once

#include <winsock2.h>
#include <ws2tcpip.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>

namespace iocp_test::plain {

using Handle = SOCKET;

inline constexpr Handle kNone = INVALID_SOCKET;
inline constexpr int kWouldBlock = WSAEWOULDBLOCK;
inline constexpr int kInProgress = WSAEWOULDBLOCK;
inline constexpr int kConnectionReset = WSAECONNRESET;

inline void Prepare() {
    WSADATA offered;
    static const int started = WSAStartup(MAKEWORD(2, 2), &offered);
    static_cast<void>(started);
}
inline int LastError() { return WSAGetLastError(); }
inline void Close(Handle handle) { closesocket(handle); }
inline void MakeNonBlocking(Handle handle) {
    u_long on = 1;
    ioctlsocket(handle, static_cast<long>(FIONBIO), &on);
}
inline int Poll(pollfd& entry, int milliseconds) { return WSAPoll(&entry, 1, milliseconds); }

inline int Count(std::size_t count) { return static_cast<int>(std::min<std::size_t>(count, INT_MAX)); }
inline std::int64_t Send(Handle handle, const char* bytes, std::size_t count) {
    return send(handle, bytes, Count(count), 0);
}
inline std::int64_t Receive(Handle handle, char* bytes, std::size_t count) {
    return recv(handle, bytes, Count(count), 0);
}

}  // namespace iocp_test::plain
