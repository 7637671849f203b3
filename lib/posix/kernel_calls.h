// SPDX-License-Identifier: MIT
// The system calls that every message takes, and every client, without libc's functions: those are points at which a
// thread can be cancelled (pthreads(7)), which costs two locked instructions for each call, and nobody cancels a
// worker.
#pragma once

#include <iocp/operation.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

namespace iocp::detail {

// A sanitizer watches libc's functions only.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kThroughLibc = true;
#elif defined(__has_feature)
inline constexpr bool kThroughLibc = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kThroughLibc = false;
#endif

// What `call` returns once no signal has come between.
template <class Call>
[[nodiscard]] ssize_t Uninterrupted(Call call) noexcept {
    ssize_t returned;
    do returned = call();
    while (returned < 0 && errno == EINTR);
    return returned;
}

// Stores what a call returned. False: it would have blocked, or was interrupted.
[[nodiscard]] inline bool TakeResult(IOCP_Operation& operation, ssize_t returned) noexcept {
    operation.native_code = 0;
    operation.transferred = static_cast<std::uint32_t>(returned);
    if (returned >= 0) return true;
    operation.native_code = errno;
    operation.transferred = 0;
    return operation.native_code != EAGAIN && operation.native_code != EINTR;
}

// As accept4(2).
[[nodiscard]] inline ssize_t AcceptSocket(int listener, sockaddr_storage& from, socklen_t& size) noexcept {
    auto* const address = reinterpret_cast<sockaddr*>(&from);
    if constexpr (kThroughLibc) return accept4(listener, address, &size, SOCK_CLOEXEC);
    return syscall(SYS_accept4, listener, address, &size, SOCK_CLOEXEC);
}

// As recv(2).
[[nodiscard]] inline ssize_t ReceiveNow(int socket, std::byte* memory, std::size_t size) noexcept {
    if constexpr (kThroughLibc) return recv(socket, memory, size, MSG_DONTWAIT);
    return syscall(SYS_recvfrom, socket, memory, size, MSG_DONTWAIT, nullptr, nullptr);
}

// As send(2).
[[nodiscard]] inline ssize_t SendNow(int socket, const std::byte* bytes, std::size_t size) noexcept {
    if constexpr (kThroughLibc) return send(socket, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    return syscall(SYS_sendto, socket, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0);
}

// What SendNow returned, as Engine::SendAtOnce tells it.
[[nodiscard]] inline std::ptrdiff_t SentOrFailure(ssize_t returned) noexcept {
    if (returned >= 0) return returned;
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

// As epoll_wait(2); `milliseconds` of -1 are for ever.
[[nodiscard]] inline int WaitForEvents(int epoll, std::span<epoll_event> events, int milliseconds) noexcept {
    const int most = static_cast<int>(events.size());
    if constexpr (kThroughLibc) return epoll_wait(epoll, events.data(), most, milliseconds);
    return static_cast<int>(syscall(SYS_epoll_pwait, epoll, events.data(), most, milliseconds, nullptr, 0));
}

}  // namespace iocp::detail
