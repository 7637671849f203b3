// SPDX-License-Identifier: MIT
// The system's sockets under the few names that tests/support needs on both platforms.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace iocp_test::plain {

using Handle = int;

inline constexpr Handle kNone = -1;
inline constexpr int kWouldBlock = EAGAIN;
inline constexpr int kInProgress = EINPROGRESS;
inline constexpr int kConnectionReset = ECONNRESET;

inline void Prepare() {}
inline int LastError() { return errno; }
inline void Close(Handle handle) { close(handle); }
inline void MakeNonBlocking(Handle handle) { fcntl(handle, F_SETFL, O_NONBLOCK); }
inline int Poll(pollfd& entry, int milliseconds) { return poll(&entry, 1, milliseconds); }

inline std::int64_t Send(Handle handle, const char* bytes, std::size_t count) {
    return send(handle, bytes, count, MSG_NOSIGNAL);
}
inline std::int64_t Receive(Handle handle, char* bytes, std::size_t count) { return recv(handle, bytes, count, 0); }

}  // namespace iocp_test::plain
