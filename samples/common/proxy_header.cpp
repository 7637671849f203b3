// SPDX-License-Identifier: MIT
#include "proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>

namespace {

using Family = iocp::Endpoint::Family;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);  // of version 2
constexpr std::size_t kLongestLine = 107 - 2;                       // of version 1, without its end
constexpr std::size_t kLongestRest = 2'048;                         // of version 2, behind its first 16 bytes

std::uint16_t NumberAt(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                      static_cast<unsigned char>(bytes[at + 1]));
}

void AppendNumber(std::string& bytes, std::uint16_t number) {
    bytes.push_back(static_cast<char>(number >> 8));
    bytes.push_back(static_cast<char>(number & 0xff));
}

std::optional<std::uint16_t> Port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

std::vector<std::string_view> Split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

// Behind the first byte, which was a 'P'.
bool ParseLine(std::string_view rest, Route& route) {
    const auto words = Split(rest, ' ');
    if (words.size() < 2 || words[0] != "ROXY") return false;
    if (words[1] == "UNKNOWN") return true;
    if (words.size() != 6 || (words[1] != "TCP4" && words[1] != "TCP6")) return false;
    const auto from_port = Port(words[4]);
    const auto to_port = Port(words[5]);
    if (!from_port || !to_port) return false;
    const auto from = iocp::Endpoint::Parse(words[2], *from_port);
    const auto to = iocp::Endpoint::Parse(words[3], *to_port);
    const Family family = words[1] == "TCP4" ? Family::V4 : Family::V6;
    if (!from || !to || from->AddressFamily() != family || to->AddressFamily() != family) return false;
    route = {*from, *to};
    return true;
}

iocp::Endpoint EndpointAt(std::string_view rest, Family family, std::size_t index) {
    const std::size_t size = family == Family::V4 ? 4 : 16;
    std::array<std::uint8_t, 16> address{};
    std::copy_n(rest.begin() + static_cast<std::ptrdiff_t>(index * size), size, address.begin());
    return {family, address, NumberAt(rest, 2 * size + 2 * index)};
}

// `command` and `family` are the header's bytes 13 and 14.
bool ParseBinary(unsigned char command, unsigned char family, std::string_view rest, Route& route) {
    if (command == 0x20) return true;  // LOCAL: the proxy's own connection
    if (command != 0x21) return false;
    if (family != 0x11 && family != 0x21) return true;  // neither TCP over IPv4 nor over IPv6: it names nobody
    const Family which = family == 0x11 ? Family::V4 : Family::V6;
    if (rest.size() < (which == Family::V4 ? 12U : 36U)) return false;
    route = {EndpointAt(rest, which, 0), EndpointAt(rest, which, 1)};
    return true;
}

iocp::Task<bool> ReadBinary(IOCP_Client& client, Route& route) {
    const auto head = co_await client.RecvExactly(15);
    if (!head || head.Text().substr(0, 11) != kSignature.substr(1)) co_return false;
    const auto command = static_cast<unsigned char>(head.Text()[11]);
    const auto family = static_cast<unsigned char>(head.Text()[12]);
    const std::size_t size = NumberAt(head.Text(), 13);
    if (size > kLongestRest) co_return false;
    if (size == 0) co_return ParseBinary(command, family, {}, route);
    const auto rest = co_await client.RecvExactly(size);
    co_return rest && ParseBinary(command, family, rest.Text(), route);
}

std::string AddressText(const iocp::Endpoint& endpoint) {
    std::string text = endpoint.ToString();
    text.erase(text.rfind(':'));
    if (endpoint.AddressFamily() == Family::V6) text = text.substr(1, text.size() - 2);
    return text;
}

std::string BinaryHeader(const Route& route) {
    const bool v4 = route.from.AddressFamily() == Family::V4;
    const std::ptrdiff_t size = v4 ? 4 : 16;
    std::string header(kSignature);
    header += '\x21';
    header += v4 ? '\x11' : '\x21';
    AppendNumber(header, static_cast<std::uint16_t>(2 * size + 4));
    for (const auto& end : {route.from, route.to})
        header.append(end.AddressBytes().begin(), end.AddressBytes().begin() + size);
    AppendNumber(header, route.from.Port());
    AppendNumber(header, route.to.Port());
    return header;
}

}  // namespace

iocp::Task<bool> ReadHeader(IOCP_Client& client, Route& route) {
    const auto first = co_await client.RecvExactly(1);
    if (!first) co_return false;
    if (first.Text() == kSignature.substr(0, 1)) co_return co_await ReadBinary(client, route);
    if (first.Text() != "P") co_return false;
    const auto line = co_await client.RecvUntil("\r\n", kLongestLine);
    co_return line && ParseLine(line.Text(), route);
}

std::string ProxyHeader(unsigned version, const Route& route) {
    if (version == 0) return {};
    const bool alike = route.from.AddressFamily() == route.to.AddressFamily();
    if (version == 2) return alike ? BinaryHeader(route) : std::string(kSignature) + std::string("\x20\0\0\0", 4);
    if (!alike) return "PROXY UNKNOWN\r\n";
    return std::string("PROXY ") + (route.from.AddressFamily() == Family::V4 ? "TCP4 " : "TCP6 ") +
           AddressText(route.from) + ' ' + AddressText(route.to) + ' ' + std::to_string(route.from.Port()) + ' ' +
           std::to_string(route.to.Port()) + "\r\n";
}

bool TrustedRanges::Add(std::string_view text) {
    const auto slash = text.find('/');
    const auto base = iocp::Endpoint::Parse(text.substr(0, slash), 0);
    if (!base) return false;
    const unsigned most = base->AddressFamily() == Family::V4 ? 32 : 128;
    unsigned bits = most;
    if (slash != text.npos) {
        const auto given = Port(text.substr(slash + 1));
        if (!given || *given > most) return false;
        bits = *given;
    }
    ranges_.push_back({*base, bits});
    return true;
}

bool TrustedRanges::Contain(const iocp::Endpoint& endpoint) const {
    const auto within = [&endpoint](const Range& range) {
        if (range.base.AddressFamily() != endpoint.AddressFamily()) return false;
        for (unsigned bit = 0; bit < range.bits; ++bit) {
            const auto mask = static_cast<std::uint8_t>(0x80 >> bit % 8);
            if (((range.base.AddressBytes()[bit / 8] ^ endpoint.AddressBytes()[bit / 8]) & mask) != 0) return false;
        }
        return true;
    };
    return std::any_of(ranges_.begin(), ranges_.end(), within);
}

Arguments::Value ToHostAndPort(HostAndPort& into) {
    const auto set = [&into](const std::string& text) {
        const auto colon = text.rfind(':');
        if (colon == 0 || colon == text.npos) return false;
        const auto port = Port(std::string_view(text).substr(colon + 1));
        if (!port || *port == 0) return false;
        std::string host = text.substr(0, colon);
        if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
        into = {std::move(host), *port};
        return true;
    };
    return {"a host and a port, like example.org:80", into.host + ":" + std::to_string(into.port), set};
}

Arguments::Value ToRanges(TrustedRanges& into) {
    const auto set = [&into](const std::string& text) {
        const auto parts = Split(text, ',');
        return std::all_of(parts.begin(), parts.end(), [&into](std::string_view each) { return into.Add(each); });
    };
    return {"addresses or ranges with commas between them, like 10.0.0.0/8,::1", "", set};
}
