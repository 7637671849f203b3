// SPDX-License-Identifier: MIT
#pragma once

#include "engine.h"
#include "socket.h"

#include <iocp/timer.h>

#include <memory>

namespace iocp::detail {

class CoreState;
class Crew;

}  // namespace iocp::detail

namespace iocp {

// What a core stands on: sockets, the engines that serve them, the time in which they live, and whoever runs its
// workers. One serves any number of cores and outlives them. Every method may be called from any thread.
class Network {
public:
    Network() noexcept = default;
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    [[nodiscard]] virtual detail::Clock::time_point Now() const noexcept = 0;

    // As the functions of these names in socket.h and engine.h.
    [[nodiscard]] virtual detail::OpenedSocket OpenListening(const Endpoint& endpoint, Transport transport,
                                                             bool both_families, int backlog) = 0;
    [[nodiscard]] virtual detail::OpenedSocket OpenStream(Endpoint::Family family) = 0;
    virtual void CloseSocket(SocketHandle socket) noexcept = 0;
    virtual void ResetSocket(SocketHandle socket) noexcept = 0;
    virtual void ShutdownSend(SocketHandle socket) noexcept = 0;
    [[nodiscard]] virtual Endpoint LocalEndpoint(SocketHandle socket) const noexcept = 0;
    [[nodiscard]] virtual detail::EngineChoice ChooseEngine(EngineKind asked, const Options& options) = 0;
    [[nodiscard]] virtual std::unique_ptr<detail::Engine> MakeEngine(EngineKind kind, const Options& options,
                                                                     detail::BufferPool& buffers) = 0;

    [[nodiscard]] virtual std::unique_ptr<detail::Crew> MakeCrew(detail::CoreState& core) = 0;

protected:
    ~Network() = default;
};

namespace detail {

// The one that the operating system offers.
[[nodiscard]] Network& SystemNetwork() noexcept;

}  // namespace detail

}  // namespace iocp
