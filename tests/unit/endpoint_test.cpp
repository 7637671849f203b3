// SPDX-License-Identifier: MIT
#include "socket_address.h"

#include "socket.h"

#include <gtest/gtest.h>
#include <iocp/endpoint.h>

#include <unordered_set>

namespace {

using iocp::Endpoint;
using Family = Endpoint::Family;

Endpoint Parsed(std::string_view address, std::uint16_t port) { return Endpoint::Parse(address, port).value(); }

Endpoint ThroughTheSystem(const Endpoint& endpoint) {
    sockaddr_storage storage{};
    iocp::detail::ToSystem(endpoint, storage);
    return iocp::detail::FromSystem(storage);
}

TEST(Endpoint, IsEmptyByDefault) {
    const Endpoint endpoint;

    EXPECT_EQ(endpoint.AddressFamily(), Family::V4);
    EXPECT_EQ(endpoint.Port(), 0);
    EXPECT_EQ(endpoint.ToString(), "0.0.0.0:0");
}

TEST(Endpoint, ParsesV4) {
    const Endpoint endpoint = Parsed("192.0.2.7", 65535);

    EXPECT_EQ(endpoint.AddressFamily(), Family::V4);
    EXPECT_EQ(endpoint.AddressBytes(), (std::array<std::uint8_t, 16>{192, 0, 2, 7}));
    EXPECT_EQ(endpoint.Port(), 65535);
    EXPECT_EQ(endpoint.Scope(), 0U);
    EXPECT_EQ(endpoint.ToString(), "192.0.2.7:65535");
}

TEST(Endpoint, ParsesV6) {
    const Endpoint endpoint = Parsed("2001:db8::1", 80);

    EXPECT_EQ(endpoint.AddressFamily(), Family::V6);
    EXPECT_EQ(endpoint.AddressBytes(),
              (std::array<std::uint8_t, 16>{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
    EXPECT_EQ(endpoint.ToString(), "[2001:db8::1]:80");
    EXPECT_EQ(Parsed("::", 1).ToString(), "[::]:1");
    EXPECT_EQ(Parsed("2001:DB8:0:0::1", 80), endpoint);
}

TEST(Endpoint, ParsesAScope) {
    const Endpoint endpoint = Parsed("fe80::1%23", 80);

    EXPECT_EQ(endpoint.Scope(), 23U);
    EXPECT_EQ(endpoint.ToString(), "[fe80::1%23]:80");
    EXPECT_NE(endpoint, Parsed("fe80::1", 80));
}

TEST(Endpoint, RefusesWhatIsNoAddress) {
    for (const std::string_view text : {"",
                                        " ",
                                        "localhost",
                                        "1.2.3",
                                        "1.2.3.4.5",
                                        "256.0.0.1",
                                        "1.2.3.4:80",
                                        "127.0.0.1 ",
                                        " 127.0.0.1",
                                        "[::1]",
                                        "::1::",
                                        ":::",
                                        "12345::",
                                        "g::1",
                                        "fe80::1%",
                                        "fe80::1%eth0",
                                        "fe80::1%-1",
                                        "fe80::1%1x",
                                        "fe80::1%99999999999",
                                        "%1",
                                        "127.0.0.1%1",
                                        "::1 ",
                                        "*"}) {
        EXPECT_FALSE(Endpoint::Parse(text, 80)) << '"' << text << '"';
    }
    EXPECT_FALSE(Endpoint::Parse(std::string_view("127.0.0.1\0x", 11), 80)) << "a zero inside";
    EXPECT_FALSE(Endpoint::Parse(std::string(10'000, '1'), 80));
}

TEST(Endpoint, FormatsInTheShortestForm) {
    for (const std::string_view text : {"127.0.0.1", "255.255.255.255", "::1", "::", "2001:db8::ff00:42:8329"}) {
        std::string formatted = Parsed(text, 443).ToString();
        ASSERT_TRUE(formatted.ends_with(":443")) << formatted;
        formatted.resize(formatted.size() - 4);
        std::erase_if(formatted, [](char each) { return each == '[' || each == ']'; });
        EXPECT_EQ(formatted, text);
    }
}

TEST(Endpoint, ComesBackFromTheSystem) {
    for (const Endpoint& endpoint : {Parsed("127.0.0.1", 1), Parsed("::1", 65535), Parsed("fe80::1%7", 2), Endpoint()})
        EXPECT_EQ(ThroughTheSystem(endpoint), endpoint);
}

TEST(Endpoint, AMappedV4AddressIsV4) {
    const Endpoint v4 = Parsed("192.0.2.7", 99);

    const Endpoint mapped = iocp::detail::MappedToV6(v4);

    EXPECT_EQ(mapped.AddressFamily(), Family::V6);
    EXPECT_EQ(mapped.ToString(), "[::ffff:192.0.2.7]:99");
    EXPECT_EQ(ThroughTheSystem(mapped), v4);
}

TEST(Endpoint, AnUnknownFamilyOfTheSystemIsEmpty) {
    const sockaddr_storage unknown{};

    EXPECT_EQ(iocp::detail::FromSystem(unknown), Endpoint());
}

TEST(Endpoint, DiffersInEachPart) {
    const Endpoint one = Parsed("::1", 80);

    EXPECT_EQ(one, Parsed("::1", 80));
    EXPECT_NE(one, Parsed("::2", 80));
    EXPECT_NE(one, Parsed("::1", 81));
    EXPECT_NE(one, Parsed("::1%1", 80));
    EXPECT_NE(Parsed("0.0.0.0", 80), Parsed("::", 80));
}

TEST(Endpoint, HashesWell) {
    constexpr int kAddresses = 64;
    constexpr int kPorts = 256;
    const std::hash<Endpoint> hash;
    std::unordered_set<std::size_t> hashes;
    for (std::uint8_t address = 0; address < kAddresses; ++address)
        for (std::uint16_t port = 0; port < kPorts; ++port)
            hashes.insert(hash(Endpoint(Family::V4, {10, 0, 0, address}, port)));

    EXPECT_EQ(hash(Parsed("::1", 80)), hash(Parsed("::1", 80)));
    EXPECT_GE(hashes.size(), kAddresses * kPorts * 99 / 100);
}

TEST(Transport, HasAName) {
    EXPECT_EQ(ToString(iocp::Transport::Tcp), "tcp");
    EXPECT_EQ(ToString(iocp::Transport::Udp), "udp");
}

}  // namespace
