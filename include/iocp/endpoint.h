// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace iocp {

enum class Transport : std::uint8_t { Tcp, Udp };

// "tcp" or "udp".
[[nodiscard]] std::string_view ToString(Transport transport) noexcept;

// A numeric IPv4 or IPv6 address with a port. A value; safe to copy anywhere.
// An IPv4 peer of a dual-stack listener appears as the IPv4 address that it is.
class Endpoint {
public:
    enum class Family : std::uint8_t { V4, V6 };

    // 0.0.0.0 with port 0.
    Endpoint() noexcept = default;

    // `address` in network order: 4 bytes for V4 (the rest is ignored), 16 for V6.
    // `scope` is the interface of a link-local IPv6 address (RFC 4007), otherwise 0.
    Endpoint(Family family, const std::array<std::uint8_t, 16>& address, std::uint16_t port,
             std::uint32_t scope = 0) noexcept
        : address_(address), scope_(scope), port_(port), family_(family) {}

    // "127.0.0.1", "::1" or "fe80::1%2"; no host names. Nothing when `address` is none of these.
    [[nodiscard]] static std::optional<Endpoint> Parse(std::string_view address, std::uint16_t port);

    [[nodiscard]] Family AddressFamily() const noexcept { return family_; }
    [[nodiscard]] const std::array<std::uint8_t, 16>& AddressBytes() const noexcept { return address_; }
    [[nodiscard]] std::uint32_t Scope() const noexcept { return scope_; }
    [[nodiscard]] std::uint16_t Port() const noexcept { return port_; }

    // "127.0.0.1:80" or "[::1]:80".
    [[nodiscard]] std::string ToString() const;

    // An order without a meaning, for sorted containers.
    friend auto operator<=>(const Endpoint&, const Endpoint&) noexcept = default;

private:
    std::array<std::uint8_t, 16> address_{};
    std::uint32_t scope_ = 0;
    std::uint16_t port_ = 0;
    Family family_ = Family::V4;
};

}  // namespace iocp

template <>
struct std::hash<iocp::Endpoint> {
    std::size_t operator()(const iocp::Endpoint& endpoint) const noexcept;
};
