// SPDX-License-Identifier: MIT
#include "engine.h"
#include "epoll_engine.h"
#include "io_uring.h"

namespace iocp::detail {

namespace {

constexpr AcceptDepth kAccepts{1, 1};  // the backlog of the socket keeps the others

}  // namespace

EngineChoice ChooseEngine(EngineKind asked, const Options& options) {
    if (asked == EngineKind::Iocp)
        throw StartError("engine iocp is only available on Windows: ask for auto, io_uring or epoll");
    if (asked == EngineKind::Epoll) return {EngineKind::Epoll, "epoll", kAccepts};

    const std::string refusal = ProbeIoUring(options);
    if (refusal.empty()) return {EngineKind::IoUring, "io_uring", kAccepts};
    if (asked == EngineKind::IoUring)
        throw StartError("engine io_uring is refused here (" + refusal +
                         "): allow it in the container's seccomp profile and in kernel.io_uring_disabled, use Linux "
                         "6.1 or newer, or ask for auto or epoll");
    return {EngineKind::Epoll, "epoll (io_uring refused: " + refusal + ")", kAccepts};
}

std::unique_ptr<Engine> MakeEngine(EngineKind kind, const Options& options, BufferPool& buffers) {
    if (kind == EngineKind::IoUring) return MakeIoUringEngine(options, buffers);
    return std::make_unique<EpollEngine>(buffers);
}

}  // namespace iocp::detail
