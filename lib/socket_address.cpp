// SPDX-License-Identifier: MIT
#include "socket_address.h"

#include "socket.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace iocp {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::optional<std::uint32_t> ParseScope(std::string_view text) {
    std::uint32_t scope = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), scope);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return scope;
}

}  // namespace

std::optional<Endpoint> Endpoint::Parse(std::string_view address, std::uint16_t port) {
    if (address.find('\0') != address.npos) return std::nullopt;  // the system would read no further
    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(AF_INET, std::string(address).c_str(), bytes.data()) == 1) return Endpoint(Family::V4, bytes, port);

    std::uint32_t scope = 0;
    if (const auto percent = address.find('%'); percent != address.npos) {
        const auto parsed = ParseScope(address.substr(percent + 1));
        if (!parsed) return std::nullopt;
        scope = *parsed;
        address = address.substr(0, percent);
    }
    if (inet_pton(AF_INET6, std::string(address).c_str(), bytes.data()) == 1)
        return Endpoint(Family::V6, bytes, port, scope);
    return std::nullopt;
}

std::string Endpoint::ToString() const {
    char text[INET6_ADDRSTRLEN] = {};
    if (family_ == Family::V4) {
        inet_ntop(AF_INET, address_.data(), text, sizeof text);
        return std::string(text).append(":").append(std::to_string(port_));
    }
    inet_ntop(AF_INET6, address_.data(), text, sizeof text);
    std::string result = std::string("[").append(text);
    if (scope_ != 0) result.append("%").append(std::to_string(scope_));
    return result.append("]:").append(std::to_string(port_));
}

namespace detail {

Endpoint MappedToV6(const Endpoint& v4) noexcept {
    std::array<std::uint8_t, 16> bytes{};
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
    std::copy_n(v4.AddressBytes().begin(), 4, bytes.begin() + kMappedPrefix.size());
    return {Endpoint::Family::V6, bytes, v4.Port()};
}

Endpoint Unmapped(const Endpoint& endpoint) noexcept {
    const auto& bytes = endpoint.AddressBytes();
    if (endpoint.AddressFamily() != Endpoint::Family::V6) return endpoint;
    if (!std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin())) return endpoint;
    std::array<std::uint8_t, 16> v4{};
    std::copy(bytes.begin() + kMappedPrefix.size(), bytes.end(), v4.begin());
    return {Endpoint::Family::V4, v4, endpoint.Port()};
}

int ToSystem(const Endpoint& endpoint, sockaddr_storage& storage) noexcept {
    if (endpoint.AddressFamily() == Endpoint::Family::V4) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(endpoint.Port());
        std::memcpy(&address.sin_addr, endpoint.AddressBytes().data(), sizeof address.sin_addr);
        std::memcpy(&storage, &address, sizeof address);
        return sizeof address;
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.Port());
    address.sin6_scope_id = endpoint.Scope();
    std::memcpy(&address.sin6_addr, endpoint.AddressBytes().data(), sizeof address.sin6_addr);
    std::memcpy(&storage, &address, sizeof address);
    return sizeof address;
}

Endpoint FromSystem(const sockaddr_storage& storage) noexcept {
    std::array<std::uint8_t, 16> bytes{};
    if (storage.ss_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &storage, sizeof v4);
        std::memcpy(bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
        return {Endpoint::Family::V4, bytes, ntohs(v4.sin_port)};
    }
    if (storage.ss_family != AF_INET6) return {};
    sockaddr_in6 v6;
    std::memcpy(&v6, &storage, sizeof v6);
    std::memcpy(bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    return Unmapped(Endpoint(Endpoint::Family::V6, bytes, ntohs(v6.sin6_port), v6.sin6_scope_id));
}

}  // namespace detail

}  // namespace iocp
