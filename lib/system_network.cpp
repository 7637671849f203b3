// SPDX-License-Identifier: MIT
#include "network.h"
#include "resolver.h"
#include "thread_crew.h"

namespace iocp::detail {

namespace {

class OperatingSystem final : public Network {
public:
    Clock::time_point Now() const noexcept override { return Clock::now(); }

    OpenedSocket OpenListening(const Endpoint& endpoint, Transport transport, bool both_families,
                               int backlog) override {
        return detail::OpenListening(endpoint, transport, both_families, backlog);
    }
    OpenedSocket OpenStream(Endpoint::Family family) override { return detail::OpenStream(family); }
    void CloseSocket(SocketHandle socket) noexcept override { detail::CloseSocket(socket); }
    void ResetSocket(SocketHandle socket) noexcept override { detail::ResetSocket(socket); }
    void ShutdownSend(SocketHandle socket) noexcept override { detail::ShutdownSend(socket); }
    Endpoint LocalEndpoint(SocketHandle socket) const noexcept override { return detail::LocalEndpoint(socket); }

    EngineChoice ChooseEngine(EngineKind asked, const Options& options) override {
        return detail::ChooseEngine(asked, options);
    }
    std::unique_ptr<Engine> MakeEngine(EngineKind kind, const Options& options, BufferPool& buffers) override {
        return detail::MakeEngine(kind, options, buffers);
    }
    Resolved Resolve(const std::string& host, std::uint16_t port) override { return ResolveHost(host, port); }
    bool HasThreads() const noexcept override { return true; }
    std::unique_ptr<Crew> MakeCrew(CoreState& core) override { return std::make_unique<ThreadCrew>(core); }
};

}  // namespace

Network& SystemNetwork() noexcept {
    static OperatingSystem network;
    return network;
}

}  // namespace iocp::detail
