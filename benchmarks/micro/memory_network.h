// SPDX-License-Identifier: MIT
// A network without a kernel, so that only the library's own work is left to measure.
#pragma once

#include "operation_queue.h"
#include "support/decorators.h"

#include <iocp/core.h>

#include <cstddef>
#include <string>

namespace micro {

class MemoryNetwork;

// Ends each send at once, and each receive in the next Wait, with the network's message.
class MemoryEngine final : public iocp::detail::Engine {
public:
    MemoryEngine(MemoryNetwork& network, iocp::detail::BufferPool& buffers) noexcept
        : network_(network), buffers_(buffers) {}

    // The receive that waits longest, as it is when Wait yields it.
    [[nodiscard]] IOCP_Operation& EndNext() noexcept;

    [[nodiscard]] std::string_view Name() const noexcept override { return "memory"; }
    [[nodiscard]] int Attach(iocp::SocketHandle, iocp::detail::SocketRole) noexcept override { return 0; }
    void Close(iocp::SocketHandle) noexcept override {}
    [[nodiscard]] iocp::detail::Submission Submit(IOCP_Operation& operation) noexcept override;
    void Cancel(IOCP_Operation& operation) noexcept override;
    void Wake() noexcept override {}
    void Wait(iocp::detail::OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override;

private:
    MemoryNetwork& network_;
    iocp::detail::BufferPool& buffers_;
    iocp::detail::OperationQueue accepting_;
    iocp::detail::OperationQueue receiving_;
    iocp::detail::OperationQueue cancelled_;
};

// Its clients come all at once, and say the same message in each turn of the loop.
class MemoryNetwork final : public iocp_test::NetworkDecorator {
public:
    explicit MemoryNetwork(std::size_t clients, std::string_view message = {});

    // From now on each receive finds the end of its stream.
    void Leave() noexcept { message_.clear(); }

    // Of the core that was started last.
    [[nodiscard]] MemoryEngine& Engine() const noexcept { return *engine_; }

    [[nodiscard]] std::string_view Message() const noexcept { return message_; }

    // A client that has not come in yet; kNoSocket where all have.
    [[nodiscard]] iocp::SocketHandle NextClient() noexcept;

    [[nodiscard]] iocp::detail::OpenedSocket OpenListening(const iocp::Endpoint&, iocp::Transport, bool, int) override;
    void CloseSocket(iocp::SocketHandle) noexcept override {}
    void ResetSocket(iocp::SocketHandle) noexcept override {}
    void ShutdownSend(iocp::SocketHandle) noexcept override {}
    [[nodiscard]] iocp::Endpoint LocalEndpoint(iocp::SocketHandle) const noexcept override { return {}; }
    [[nodiscard]] iocp::detail::EngineChoice ChooseEngine(iocp::EngineKind, const iocp::Options&) override;
    [[nodiscard]] std::unique_ptr<iocp::detail::Engine> MakeEngine(iocp::EngineKind, const iocp::Options&,
                                                                   iocp::detail::BufferPool& buffers) override;

private:
    std::size_t clients_;
    std::string message_;
    MemoryEngine* engine_ = nullptr;
};

// A core on it that prints nothing, polled.
class MemoryCore final : public IOCP_CORE {
public:
    explicit MemoryCore(MemoryNetwork& network, std::vector<iocp::Listener> listeners = {});
    ~MemoryCore() override { Stop(); }

private:
    void OnStart() override {}
};

}  // namespace micro
