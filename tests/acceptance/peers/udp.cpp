// SPDX-License-Identifier: MIT
#include "load.h"

#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <vector>

namespace load {

namespace {

constexpr std::size_t kLongest = 65'507;  // bytes that IPv4 carries in a datagram

Socket OpenDatagramSocket(const Target& target) {
    Socket socket(target.address.ss_family, SOCK_DGRAM);
    const timeval limit{2, 0};
    setsockopt(socket.Get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(socket.Get(), target.Address(), target.size) != 0) FailInSystem("connect");
    return socket;
}

// One datagram of `size` bytes there and back.
void Echo(const Socket& socket, const Pattern& pattern, std::uint64_t offset, std::size_t size) {
    static std::array<std::byte, kLongest + 1> bytes;
    const auto datagram = pattern.Bytes(offset, size);
    if (send(socket.Get(), datagram.data(), datagram.size(), 0) != static_cast<ssize_t>(size))
        FailInSystem("send of " + std::to_string(size) + " bytes");
    const auto received = recv(socket.Get(), bytes.data(), bytes.size(), 0);
    if (received < 0) FailInSystem("a datagram of " + std::to_string(size) + " bytes did not come back");
    if (static_cast<std::size_t>(received) != size)
        Fail("of " + std::to_string(size) + " bytes came back: " + std::to_string(received));
    pattern.Check(offset, std::span(bytes).first(size));
}

}  // namespace

void Datagrams(const Target& target, const Arguments& arguments) {
    const auto longest = std::min<std::uint64_t>(NumberIn(arguments, 0, kLongest), kLongest);
    const auto step = NumberIn(arguments, 1, 1);
    LimitTime(1800s);

    const auto begin = Clock::now();
    const Socket socket = OpenDatagramSocket(target);
    const Pattern pattern(1);
    std::uint64_t count = 0;
    for (std::uint64_t size = 1; size < longest; size += step, ++count) Echo(socket, pattern, size, size);
    Echo(socket, pattern, 0, longest);
    std::printf("datagrams of 1 to %llu bytes: %llu came back whole, %.1f s\n",
                static_cast<unsigned long long>(longest), static_cast<unsigned long long>(count + 1),
                SecondsSince(begin));
}

void Strays(const Target& target, const Arguments& arguments) {
    constexpr std::uint64_t kBetween = 16;  // fewer than overflow the server's socket
    const auto strays = NumberIn(arguments, 0, 100'000);
    LimitTime(1800s);

    const auto begin = Clock::now();
    std::vector<Socket> peers;
    for (int i = 0; i < 10; ++i) peers.push_back(OpenDatagramSocket(target));
    std::uint64_t echoes = 0;
    double slowest = 0;
    for (std::uint64_t i = 0; i < strays; ++i) {
        const Socket gone(target.address.ss_family, SOCK_DGRAM);
        const auto datagram = Pattern(i).Bytes(0, 32);
        sendto(gone.Get(), datagram.data(), datagram.size(), 0, target.Address(), target.size);
        if (i % kBetween != 0) continue;
        const std::uint64_t peer = echoes % peers.size();
        const auto said = Clock::now();
        Echo(peers[peer], Pattern(peer), echoes++, 100);
        slowest = std::max(slowest, SecondsSince(said));
    }
    std::printf(
        "strays %llu, answered to closed ports: %llu echoes of others meanwhile, none lost, slowest %.1f ms, %.1f s\n",
        static_cast<unsigned long long>(strays), static_cast<unsigned long long>(echoes), slowest * 1e3,
        SecondsSince(begin));
}

}  // namespace load
