// SPDX-License-Identifier: MIT
#include "engine.h"
#include "epoll_engine.h"
#include "io_uring.h"
#include "socket.h"

#include <cerrno>

namespace iocp::detail {

namespace {

constexpr AcceptDepth kAccepts{1, 1};  // the backlog of the socket keeps the others

StartError IoUringRefused(const IoUringRefusal& refusal) {
    const std::string_view remedy =
        refusal.native_code == ENOMEM
            ? "raise the limit of locked memory, of which each worker takes some (ulimit -l)"
            : "allow it in the container's seccomp profile and in kernel.io_uring_disabled, use Linux 6.1 or newer";
    return StartError("engine io_uring is refused here (" + refusal.reason + "): " + std::string(remedy) +
                          ", or ask for auto or epoll",
                      refusal.native_code);
}

}  // namespace

EngineChoice ChooseEngine(EngineKind asked, const Options& options) {
    if (asked == EngineKind::Iocp)
        throw StartError("engine iocp is only available on Windows: ask for auto, io_uring or epoll");
    if (asked == EngineKind::Epoll) return {EngineKind::Epoll, "epoll", kAccepts};

    const auto refusal = ProbeIoUring(options);
    if (asked == EngineKind::IoUring) {
        if (refusal) throw IoUringRefused(*refusal);
        return {EngineKind::IoUring, "io_uring", kAccepts};
    }
    if (!refusal) return {EngineKind::IoUring, "io_uring", kAccepts, EngineKind::Epoll};
    return {EngineKind::Epoll, "epoll (io_uring refused: " + refusal->reason + ")", kAccepts};
}

std::unique_ptr<Engine> MakeEngine(EngineKind kind, const Options& options, BufferPool& buffers) {
    if (kind != EngineKind::IoUring) return std::make_unique<EpollEngine>(buffers);
    try {
        return MakeIoUringEngine(options, buffers);
    } catch (const StartError& error) {
        if (error.NativeCode() != ENOMEM) throw;
        throw IoUringRefused({NameOfNativeCode(ENOMEM), ENOMEM});
    }
}

}  // namespace iocp::detail
