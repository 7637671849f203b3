// SPDX-License-Identifier: MIT
// A network and an engine that hand everything on to another; what a test wants otherwise it overrides.
#pragma once

#include "crew.h"
#include "network.h"

#include <memory>
#include <utility>

namespace iocp_test {

class EngineDecorator : public iocp::detail::Engine {
public:
    explicit EngineDecorator(std::unique_ptr<Engine> inner) noexcept : inner_(std::move(inner)) {}

    [[nodiscard]] std::string_view Name() const noexcept override { return inner_->Name(); }
    [[nodiscard]] int Attach(iocp::SocketHandle socket, iocp::detail::SocketRole role) noexcept override {
        return inner_->Attach(socket, role);
    }
    void Close(iocp::SocketHandle socket) noexcept override { inner_->Close(socket); }
    [[nodiscard]] iocp::detail::Submission Submit(IOCP_Operation& operation) noexcept override {
        return inner_->Submit(operation);
    }
    void Cancel(IOCP_Operation& operation) noexcept override { inner_->Cancel(operation); }
    void Wake() noexcept override { inner_->Wake(); }
    [[nodiscard]] std::ptrdiff_t SendAtOnce(iocp::SocketHandle socket,
                                            std::span<const std::byte> bytes) noexcept override {
        return inner_->SendAtOnce(socket, bytes);
    }
    void DropSpares() noexcept override { inner_->DropSpares(); }
    void Wait(iocp::detail::OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override {
        inner_->Wait(ended, timeout);
    }

protected:
    [[nodiscard]] Engine& Inner() noexcept { return *inner_; }
    void EndInner() noexcept { inner_.reset(); }

private:
    std::unique_ptr<Engine> inner_;
};

class NetworkDecorator : public iocp::Network {
public:
    explicit NetworkDecorator(Network& inner) noexcept : inner_(inner) {}

    [[nodiscard]] iocp::detail::Clock::time_point Now() const noexcept override { return inner_.Now(); }
    [[nodiscard]] iocp::detail::OpenedSocket OpenListening(const iocp::Endpoint& endpoint, iocp::Transport transport,
                                                           bool both_families, int backlog) override {
        return inner_.OpenListening(endpoint, transport, both_families, backlog);
    }
    [[nodiscard]] iocp::detail::OpenedSocket OpenStream(iocp::Endpoint::Family family) override {
        return inner_.OpenStream(family);
    }
    void CloseSocket(iocp::SocketHandle socket) noexcept override { inner_.CloseSocket(socket); }
    void ResetSocket(iocp::SocketHandle socket) noexcept override { inner_.ResetSocket(socket); }
    void ShutdownSend(iocp::SocketHandle socket) noexcept override { inner_.ShutdownSend(socket); }
    [[nodiscard]] iocp::Endpoint LocalEndpoint(iocp::SocketHandle socket) const noexcept override {
        return inner_.LocalEndpoint(socket);
    }
    [[nodiscard]] iocp::detail::EngineChoice ChooseEngine(iocp::EngineKind asked,
                                                          const iocp::Options& options) override {
        return inner_.ChooseEngine(asked, options);
    }
    [[nodiscard]] std::unique_ptr<iocp::detail::Engine> MakeEngine(iocp::EngineKind kind, const iocp::Options& options,
                                                                   iocp::detail::BufferPool& buffers) override {
        return inner_.MakeEngine(kind, options, buffers);
    }
    [[nodiscard]] Resolved Resolve(const std::string& host, std::uint16_t port) override {
        return inner_.Resolve(host, port);
    }
    [[nodiscard]] bool HasThreads() const noexcept override { return inner_.HasThreads(); }
    [[nodiscard]] std::unique_ptr<iocp::detail::Crew> MakeCrew(iocp::detail::CoreState& core) override {
        return inner_.MakeCrew(core);
    }

protected:
    ~NetworkDecorator() = default;

private:
    Network& inner_;
};

}  // namespace iocp_test
