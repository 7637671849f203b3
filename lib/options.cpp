// SPDX-License-Identifier: MIT
#include <iocp/options.h>

#include <array>
#include <functional>

namespace iocp {

namespace {

constexpr std::array kEngineKinds{EngineKind::Auto, EngineKind::Iocp, EngineKind::IoUring, EngineKind::Epoll};

}  // namespace

std::string_view ToString(EngineKind engine) noexcept {
    switch (engine) {
        case EngineKind::Auto: return "auto";
        case EngineKind::Iocp: return "iocp";
        case EngineKind::IoUring: return "io_uring";
        case EngineKind::Epoll: return "epoll";
        case EngineKind::Simulated: return "simulated";
    }
    return "unknown";
}

std::optional<EngineKind> ParseEngineKind(std::string_view name) noexcept {
    for (const EngineKind kind : kEngineKinds)
        if (ToString(kind) == name) return kind;
    return std::nullopt;
}

std::string_view ToString(Transport transport) noexcept { return transport == Transport::Tcp ? "tcp" : "udp"; }

}  // namespace iocp

std::size_t std::hash<iocp::Endpoint>::operator()(const iocp::Endpoint& endpoint) const noexcept {
    const auto& bytes = endpoint.AddressBytes();
    const std::string_view address(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t port = (std::size_t{endpoint.Port()} << 32) ^ endpoint.Scope();
    return std::hash<std::string_view>()(address) ^ std::hash<std::size_t>()(port * 0x9e3779b97f4a7c15u);
}
