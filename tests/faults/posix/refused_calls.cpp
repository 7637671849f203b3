// SPDX-License-Identifier: MIT
// The linker leads each call of NAME to __wrap_NAME, and calls of __real_NAME to NAME (ld(1), --wrap). The list is in
// CMakeLists.txt once more.
#include "refused_calls.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

struct io_uring;
struct io_uring_buf_reg;
struct io_uring_cqe;
struct io_uring_params;
struct __kernel_timespec;

// A call that tells of an error by -1 and errno, or by `failed`.
#define WRAP_OR(type, failed, name, parameters, arguments)          \
    extern "C" type __real_##name parameters;                       \
    extern "C" type __wrap_##name parameters {                      \
        const int error = iocp_test::RefusedCalls::ErrorFor(#name); \
        if (error == 0) return __real_##name arguments;             \
        errno = error;                                              \
        return failed;                                              \
    }
#define WRAP(type, name, parameters, arguments) WRAP_OR(type, -1, name, parameters, arguments)

extern "C" long __real_syscall(long number, ...);
extern "C" long __wrap_syscall(long number, ...) {
    if (const int error = iocp_test::RefusedCalls::ErrorFor("syscall"); error != 0) {
        errno = error;
        return -1;
    }
    std::va_list list;
    va_start(list, number);
    long arguments[6];
    for (long& each : arguments) each = va_arg(list, long);  // more than there are, perhaps, as syscall(2) itself
    va_end(list);
    return __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

// One of liburing, that returns the error.
#define WRAP_RING(name, parameters, arguments)                      \
    extern "C" int __real_##name parameters;                        \
    extern "C" int __wrap_##name parameters {                       \
        const int error = iocp_test::RefusedCalls::ErrorFor(#name); \
        return error == 0 ? __real_##name arguments : -error;       \
    }

WRAP(int, socket, (int family, int type, int protocol), (family, type, protocol))
WRAP(int, socketpair, (int family, int type, int protocol, int* pair), (family, type, protocol, pair))
WRAP(int, setsockopt, (int socket, int level, int name, const void* value, socklen_t size),
     (socket, level, name, value, size))
WRAP(int, getsockopt, (int socket, int level, int name, void* value, socklen_t* size),
     (socket, level, name, value, size))
WRAP(int, bind, (int socket, const sockaddr* address, socklen_t size), (socket, address, size))
WRAP(int, listen, (int socket, int backlog), (socket, backlog))
WRAP(int, connect, (int socket, const sockaddr* address, socklen_t size), (socket, address, size))
WRAP(int, accept4, (int socket, sockaddr* address, socklen_t* size, int flags), (socket, address, size, flags))
WRAP(int, getpeername, (int socket, sockaddr* address, socklen_t* size), (socket, address, size))
WRAP(int, fcntl, (int descriptor, int command, int value), (descriptor, command, value))
WRAP(ssize_t, recv, (int socket, void* memory, size_t size, int flags), (socket, memory, size, flags))
WRAP(ssize_t, send, (int socket, const void* memory, size_t size, int flags), (socket, memory, size, flags))
WRAP(ssize_t, sendto,
     (int socket, const void* memory, size_t size, int flags, const sockaddr* address, socklen_t address_size),
     (socket, memory, size, flags, address, address_size))
WRAP(int, recvmmsg, (int socket, mmsghdr* messages, unsigned count, int flags, timespec* limit),
     (socket, messages, count, flags, limit))
WRAP(int, shutdown, (int socket, int how), (socket, how))
WRAP(int, epoll_create1, (int flags), (flags))
WRAP(int, epoll_ctl, (int epoll, int operation, int descriptor, epoll_event* event),
     (epoll, operation, descriptor, event))
WRAP(int, epoll_wait, (int epoll, epoll_event* events, int most, int limit), (epoll, events, most, limit))
WRAP(int, eventfd, (unsigned count, int flags), (count, flags))
WRAP_OR(void*, MAP_FAILED, mmap, (void* at, size_t size, int protection, int flags, int descriptor, off_t offset),
        (at, size, protection, flags, descriptor, offset))

WRAP_RING(io_uring_queue_init_params, (unsigned entries, io_uring* ring, io_uring_params* parameters),
          (entries, ring, parameters))
WRAP_RING(io_uring_register_buf_ring, (io_uring * ring, io_uring_buf_reg* registration, unsigned flags),
          (ring, registration, flags))
WRAP_RING(io_uring_submit, (io_uring * ring), (ring))
WRAP_RING(io_uring_submit_and_get_events, (io_uring * ring), (ring))
WRAP_RING(io_uring_submit_and_wait_timeout,
          (io_uring * ring, io_uring_cqe** first, unsigned count, __kernel_timespec* limit, void* mask),
          (ring, first, count, limit, mask))
