// SPDX-License-Identifier: MIT
#include "memory_network.h"

#include "buffer_pool.h"
#include "socket.h"

#include <chrono>
#include <cstring>

namespace micro {

using iocp::detail::Submission;

IOCP_Operation& MemoryEngine::EndNext() noexcept {
    IOCP_Operation& operation = receiving_.Pop();
    const std::string_view message = network_.Message();
    operation.state = IOCP_Operation::State::Acquired;
    operation.transferred = static_cast<std::uint32_t>(message.size());
    if (operation.kind == IOCP_Operation::Kind::RecvLent && !message.empty()) {
        operation.buffer = buffers_.Acquire();
        std::memcpy(operation.buffer->Bytes(), message.data(), message.size());
    }
    return operation;
}

Submission MemoryEngine::Submit(IOCP_Operation& operation) noexcept {
    if (operation.kind == IOCP_Operation::Kind::Send) {
        operation.transferred = operation.size;
        return Submission::Finished;
    }
    const bool accepts = operation.kind == IOCP_Operation::Kind::Accept;
    if (accepts && (operation.Far().accepted = network_.NextClient()) != iocp::kNoSocket) {
        operation.Far().endpoint = iocp::Endpoint();
        return Submission::Finished;
    }
    operation.state = IOCP_Operation::State::Pending;
    (accepts ? accepting_ : receiving_).Push(operation);
    return Submission::Pending;
}

void MemoryEngine::Cancel(IOCP_Operation& operation) noexcept {
    if (!accepting_.Remove(operation) && !receiving_.Remove(operation)) return;
    operation.native_code = NativeCodeOf(iocp::detail::Failure::Cancelled);
    cancelled_.Push(operation);
}

void MemoryEngine::Wait(iocp::detail::OperationQueue& ended, std::chrono::nanoseconds) noexcept {
    while (!receiving_.Empty()) ended.Push(EndNext());
    while (!cancelled_.Empty()) {
        IOCP_Operation& operation = cancelled_.Pop();
        operation.state = IOCP_Operation::State::Acquired;
        ended.Push(operation);
    }
}

MemoryNetwork::MemoryNetwork(std::size_t clients, std::string_view message)
    : NetworkDecorator(iocp::detail::SystemNetwork()), clients_(clients), message_(message) {}

iocp::SocketHandle MemoryNetwork::NextClient() noexcept { return clients_ > 0 ? clients_-- : iocp::kNoSocket; }

iocp::detail::OpenedSocket MemoryNetwork::OpenListening(const iocp::Endpoint&, iocp::Transport, bool, int) {
    return {.socket = 0};
}

iocp::detail::EngineChoice MemoryNetwork::ChooseEngine(iocp::EngineKind, const iocp::Options&) {
    return {iocp::EngineKind::Simulated, "memory", {1, 1}};
}

std::unique_ptr<iocp::detail::Engine> MemoryNetwork::MakeEngine(iocp::EngineKind, const iocp::Options&,
                                                                iocp::detail::BufferPool& buffers) {
    auto engine = std::make_unique<MemoryEngine>(*this, buffers);
    engine_ = engine.get();
    return engine;
}

namespace {

iocp::Options OptionsOn(MemoryNetwork& network) {
    iocp::Options options;
    options.network = &network;
    options.tick = std::chrono::hours(1);
    return options;
}

}  // namespace

MemoryCore::MemoryCore(MemoryNetwork& network, std::vector<iocp::Listener> listeners)
    : IOCP_CORE(std::move(listeners), OptionsOn(network)) {
    StartPolled();
}

}  // namespace micro
