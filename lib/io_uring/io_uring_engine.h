// SPDX-License-Identifier: MIT
#pragma once

#include "engine.h"
#include "provided_buffers.h"
#include "wake_event.h"

#include <liburing.h>

#include <optional>

namespace iocp::detail {

// One ring, used by one thread. What is submitted during a turn of the worker goes to the kernel with the next Wait, in
// one system call.
class IoUringEngine final : public Engine {
public:
    // Throws StartError.
    IoUringEngine(const Options& options, BufferPool& buffers);
    ~IoUringEngine() override;

    [[nodiscard]] std::string_view Name() const noexcept override { return "io_uring"; }
    [[nodiscard]] int Attach(SocketHandle socket, SocketRole role) noexcept override;
    void Close(SocketHandle socket) noexcept override;
    [[nodiscard]] Submission Submit(IOCP_Operation& operation) noexcept override;
    void Cancel(IOCP_Operation& operation) noexcept override;
    void Wake() noexcept override { wake_.Set(); }
    void Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override;

private:
    // A free entry of the submission queue, or null where the kernel takes no submissions just now.
    [[nodiscard]] io_uring_sqe* FreeEntry() noexcept;

    bool TrySubmit(IOCP_Operation& operation) noexcept;
    bool TryCancel(IOCP_Operation& operation) noexcept;
    void SubmitPostponed() noexcept;
    void WatchWake() noexcept;
    void OnCompletion(const io_uring_cqe& completion, OperationQueue& ended) noexcept;
    void TakeBuffer(IOCP_Operation& operation, const io_uring_cqe& completion) noexcept;

    io_uring ring_{};
    std::optional<ProvidedBuffers> provided_;
    WakeEvent wake_;
    bool watching_ = false;
    OperationQueue unsubmitted_;  // for which the submission queue had no place
    OperationQueue uncancelled_;  // in the kernel, and their cancel had no place
};

}  // namespace iocp::detail
