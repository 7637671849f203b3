// SPDX-License-Identifier: MIT
#include "kernel_calls.h"
#include "socket_calls.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/sendfile.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace iocp::detail {

namespace {

// A peer that takes the bytes as fast as they come would let one call go on for the whole file, and others wait.
constexpr std::uint32_t kMostSentAtOnce = 256 << 10;

// sendfile(2) has no MSG_DONTWAIT. The socket may not stay so: a send that a ring leaves to a thread of the kernel's
// would end with EAGAIN.
class NotWaiting {
public:
    explicit NotWaiting(int socket) noexcept : socket_(socket) { fcntl(socket_, F_SETFL, O_NONBLOCK); }
    NotWaiting(const NotWaiting&) = delete;
    NotWaiting& operator=(const NotWaiting&) = delete;
    ~NotWaiting() { fcntl(socket_, F_SETFL, 0); }

private:
    const int socket_;
};

// Nor has it MSG_NOSIGNAL; the signal goes to the thread that calls.
class NoSigpipe {
public:
    NoSigpipe() noexcept {
        sigemptyset(&sigpipe_);
        sigaddset(&sigpipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
    }
    NoSigpipe(const NoSigpipe&) = delete;
    NoSigpipe& operator=(const NoSigpipe&) = delete;
    // One may have come although the call has sent something: a call sends page after page.
    ~NoSigpipe() {
        const timespec at_once{};
        while (sigtimedwait(&sigpipe_, nullptr, &at_once) < 0 && errno == EINTR) continue;
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t sigpipe_;
    sigset_t before_;
};

// Bytes sent, or the negative of errno.
ssize_t Send(int socket, const FilePart& part, std::size_t size) noexcept {
    const NotWaiting not_waiting(socket);
    const NoSigpipe no_sigpipe;
    auto offset = static_cast<off_t>(part.offset);
    const auto sent = Uninterrupted([&] { return sendfile(socket, static_cast<int>(part.file), &offset, size); });
    return sent >= 0 ? sent : -errno;
}

}  // namespace

bool SendFileNow(IOCP_Operation& operation) noexcept {
    const auto size = std::min(operation.size, kMostSentAtOnce);
    const auto sent = Send(static_cast<int>(operation.socket), *operation.part, size);
    if (sent == -EAGAIN) return false;
    operation.native_code = sent < 0 ? static_cast<int>(-sent) : 0;
    operation.transferred = sent < 0 ? 0 : static_cast<std::uint32_t>(sent);
    return true;
}

}  // namespace iocp::detail
