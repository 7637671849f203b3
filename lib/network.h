// SPDX-License-Identifier: MIT
#pragma once

#include "engine.h"
#include "socket.h"

#include <iocp/timer.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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

    // The addresses of a host, in the order of preference, or a native code. May block for long.
    struct Resolved {
        std::vector<Endpoint> endpoints;
        int native_code = 0;
    };
    [[nodiscard]] virtual Resolved Resolve(const std::string& host, std::uint16_t port) = 0;

    // Whether cores on it may use threads beside their crew.
    [[nodiscard]] virtual bool HasThreads() const noexcept = 0;

    [[nodiscard]] virtual std::unique_ptr<detail::Crew> MakeCrew(detail::CoreState& core) = 0;

protected:
    ~Network() = default;
};

namespace detail {

// The one that the operating system offers.
[[nodiscard]] Network& SystemNetwork() noexcept;

}  // namespace detail

}  // namespace iocp
