// SPDX-License-Identifier: MIT
#pragma once

#include "engine.h"
#include "wake_event.h"

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace iocp::detail {

// The completions of the seam made from readiness: an operation is tried at once, and again when its socket becomes
// ready. Sockets are registered once, edge-triggered (epoll(7)); a socket is known to be drained when the kernel says
// so, or when it gave less than was asked for.
class EpollEngine final : public Engine {
public:
    // Throws StartError.
    explicit EpollEngine(BufferPool& buffers);
    ~EpollEngine() override;

    [[nodiscard]] std::string_view Name() const noexcept override { return "epoll"; }
    [[nodiscard]] int Attach(SocketHandle socket, SocketRole role) noexcept override;
    void Close(SocketHandle socket) noexcept override;
    [[nodiscard]] Submission Submit(IOCP_Operation& operation) noexcept override;
    [[nodiscard]] std::ptrdiff_t SendAtOnce(SocketHandle socket, std::span<const std::byte> bytes) noexcept override;
    void Cancel(IOCP_Operation& operation) noexcept override;
    void Wake() noexcept override { wake_.Set(); }
    void Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override;

private:
    enum Direction : std::uint8_t { kIn, kOut };

    // Of every socket, so small.
    struct SocketState {
        std::array<OperationQueue, 2> waiting;  // in each direction
        std::uint32_t generation = kClosed;     // tells the events of a descriptor from those of its predecessor
        std::array<bool, 2> ready{true, true};  // the kernel may have something, or room for it
        bool peer_ended = false;                // no further edge will announce the end of the stream
    };

    static constexpr std::size_t kMostEvents = 256;

    // As many are looked at in one Wait, or fewer, where one brings much.
    static constexpr std::size_t kEventsAtATime = 8;

    static constexpr std::uint32_t kClosed = 0;
    static constexpr std::size_t kFewSockets = 1024;  // room for them is not worth giving back

    [[nodiscard]] bool MakeRoomFor(SocketHandle socket) noexcept;
    void DropRoom() noexcept;
    [[nodiscard]] SocketState& StateOf(SocketHandle socket) noexcept { return sockets_[socket]; }
    [[nodiscard]] static Direction DirectionOf(IOCP_Operation::Kind kind) noexcept;
    void FetchEvents(std::chrono::nanoseconds timeout) noexcept;
    void OnEvent(const epoll_event& event, OperationQueue& ended) noexcept;
    void OnReady(Direction direction, SocketState& state, OperationQueue& ended) noexcept;
    void RetryAll(Direction direction, SocketState& state, OperationQueue& ended) noexcept;

    // True: the operation has its result. False: the socket is not ready.
    [[nodiscard]] bool Try(IOCP_Operation& operation, SocketState& state) noexcept;
    [[nodiscard]] bool TryAccept(IOCP_Operation& operation, SocketState& state) noexcept;
    [[nodiscard]] bool TryRecv(IOCP_Operation& operation, SocketState& state) noexcept;
    [[nodiscard]] bool TryWithoutBuffer(IOCP_Operation& operation, SocketState& state) noexcept;
    [[nodiscard]] bool TryRecvFrom(IOCP_Operation& operation, SocketState& state) noexcept;
    [[nodiscard]] bool TrySend(IOCP_Operation& operation, SocketState& state) noexcept;
    [[nodiscard]] bool TrySendFile(IOCP_Operation& operation, SocketState& state) noexcept;

    BufferPool& buffers_;
    WakeEvent wake_;  // first: where it can't be made, nothing else was opened
    int epoll_;
    std::vector<SocketState> sockets_;  // by descriptor
    std::uint32_t last_generation_ = kClosed;
    OperationQueue cancelled_;
    std::array<epoll_event, kMostEvents> events_;
    std::span<const epoll_event> unseen_;  // the rest of them
    bool brought_much_ = false;            // kBulk or more, in this Wait
};

}  // namespace iocp::detail
