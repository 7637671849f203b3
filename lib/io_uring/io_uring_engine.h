// SPDX-License-Identifier: MIT
#pragma once

#include "engine.h"
#include "provided_buffers.h"
#include "wake_event.h"

#include <liburing.h>

#include <deque>
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
    [[nodiscard]] std::ptrdiff_t SendAtOnce(SocketHandle socket, std::span<const std::byte> bytes) noexcept override;
    void Cancel(IOCP_Operation& operation) noexcept override;
    void Wake() noexcept override { wake_.Set(); }
    void Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override;
    void DropSpares() noexcept override { provided_->StartAnew(); }

private:
    // Something for which the submission queue had no place.
    struct Postponed {
        enum class What : std::uint8_t { Submit, Cancel, Close };
        What what;
        IOCP_Operation* operation;
        SocketHandle socket;
    };

    void Open(const Options& options);  // throws StartError
    void CloseRing() noexcept;

    // A free entry of the submission queue, or null where the kernel takes no submissions just now.
    [[nodiscard]] io_uring_sqe* FreeEntry() noexcept;

    // Now, or else as soon as there is place, in the order of the calls.
    void Do(const Postponed& wanted) noexcept;
    [[nodiscard]] bool TryToDo(const Postponed& wanted) noexcept;
    void DoPostponed() noexcept;

    // Takes back what was postponed for `operation`. False where nothing was.
    bool Forget(const IOCP_Operation& operation, Postponed::What what) noexcept;
    void WatchWake() noexcept;

    // Hands over what is to be submitted; returns when something has completed or `timeout` has passed.
    void EnterKernel(std::chrono::nanoseconds timeout) noexcept;
    void OnCompletion(const io_uring_cqe& completion, OperationQueue& ended) noexcept;

    // The socket of a watched operation is ready. False: it must be submitted again.
    [[nodiscard]] bool OnReady(IOCP_Operation& operation) noexcept;
    [[nodiscard]] bool Fetch(IOCP_Operation& operation) noexcept;

    BufferPool& buffers_;
    io_uring ring_{};
    std::optional<ProvidedBuffers> provided_;
    WakeEvent wake_;
    bool watching_ = false;
    bool brought_much_ = false;  // much, in this Wait
    std::deque<Postponed> postponed_;
    OperationQueue ended_unsubmitted_;  // cancelled before the kernel heard of them
};

}  // namespace iocp::detail
