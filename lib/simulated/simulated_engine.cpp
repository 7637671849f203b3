// SPDX-License-Identifier: MIT
#include "simulated_engine.h"

#include "simulated_network.h"
#include "simulated_socket.h"

namespace iocp::detail {

int SimulatedEngine::Attach(SocketHandle socket, SocketRole) noexcept {
    network_.SocketOf(socket).Attach(*this);
    return 0;
}

void SimulatedEngine::Close(SocketHandle socket) noexcept { network_.CloseSocket(socket); }

Submission SimulatedEngine::Submit(IOCP_Operation& operation) noexcept {
    const bool ended = network_.SocketOf(operation.socket).Start(operation);
    if (operation.kind == IOCP_Operation::Kind::SendTo) return Submission::Finished;
    if (ended && network_.Roll(0.5)) return Submission::Finished;
    operation.state = IOCP_Operation::State::Pending;
    if (ended) End(operation);
    return Submission::Pending;
}

void SimulatedEngine::Cancel(IOCP_Operation& operation) noexcept {
    if (!network_.SocketOf(operation.socket).Forget(operation)) return;  // it has ended already
    operation.native_code = NativeCodeOf(Failure::Cancelled);
    operation.transferred = 0;
    End(operation);
}

void SimulatedEngine::Wait(OperationQueue& ended, std::chrono::nanoseconds) noexcept {
    woken_ = false;
    if (ended_.empty()) return;
    for (std::size_t more = 1 + network_.Pick(ended_.size()); more > 0; --more) {
        const auto next = ended_.begin() + static_cast<std::ptrdiff_t>(network_.Pick(ended_.size()));
        IOCP_Operation& operation = **next;
        ended_.erase(next);
        operation.state = IOCP_Operation::State::Acquired;
        ended.Push(operation);
    }
}

}  // namespace iocp::detail
