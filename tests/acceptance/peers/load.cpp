// SPDX-License-Identifier: MIT
#include "load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace load {

namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

// SplitMix64.
std::uint64_t Mixed(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

extern "C" void OnTimeOver(int) {
    constexpr std::string_view text = "FAILED: the time limit is over\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
    _exit(1);
}

void BindToSource(int descriptor, std::uint64_t number, unsigned sources) {
    const int later = 1;  // the port is chosen at the connect, where it may serve several destinations
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &later, sizeof later);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number % sources));
    if (bind(descriptor, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) FailInSystem("bind");
}

bool IsLoopback(const Target& target) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(target.address);
    return address.sin_family == AF_INET && ntohl(address.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

}  // namespace

void Fail(const std::string& what) {
    std::fprintf(stderr, "FAILED: %s\n", what.c_str());
    std::exit(1);
}

void FailInSystem(const std::string& what) { Fail(what + ": " + std::strerror(errno)); }

void LimitTime(std::chrono::seconds limit) {
    std::signal(SIGALRM, &OnTimeOver);
    alarm(static_cast<unsigned>(limit.count()));
}

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

Target::Target(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) Fail("no address with a port: " + text);
    const auto port = htons(static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1))));
    if (text.front() == '[') {
        auto& to = reinterpret_cast<sockaddr_in6&>(address);
        to.sin6_family = AF_INET6;
        to.sin6_port = port;
        size = sizeof to;
        if (inet_pton(AF_INET6, text.substr(1, colon - 2).c_str(), &to.sin6_addr) != 1) Fail("no address: " + text);
    } else {
        auto& to = reinterpret_cast<sockaddr_in&>(address);
        to.sin_family = AF_INET;
        to.sin_port = port;
        size = sizeof to;
        if (inet_pton(AF_INET, text.substr(0, colon).c_str(), &to.sin_addr) != 1) Fail("no address: " + text);
    }
}

Socket::Socket(int family, int type) : descriptor_(socket(family, type | SOCK_CLOEXEC, 0)) {
    if (descriptor_ < 0) FailInSystem("socket");
}

void Socket::Close() {
    if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

Socket Connecting(const Target& target, std::uint64_t number, unsigned sources) {
    Socket socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK);
    const int at_once = 1;
    setsockopt(socket.Get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    if (sources > 1 && IsLoopback(target)) BindToSource(socket.Get(), number, sources);
    if (connect(socket.Get(), target.Address(), target.size) != 0 && errno != EINPROGRESS) FailInSystem("connect");
    return socket;
}

std::span<const std::byte> Pattern::Bytes(std::uint64_t offset, std::size_t size) const {
    static std::vector<std::uint64_t> words;
    const std::uint64_t first = offset / kWord;
    const std::size_t skip = offset % kWord;
    words.resize(std::max(words.size(), (skip + size + kWord - 1) / kWord));
    for (std::size_t i = 0; i * kWord < skip + size; ++i) words[i] = Mixed((stream_ << 40) + first + i);
    return std::as_bytes(std::span(words)).subspan(skip, size);
}

void Pattern::Check(std::uint64_t offset, std::span<const std::byte> bytes) const {
    const auto expected = Bytes(offset, bytes.size());
    const auto wrong = std::mismatch(bytes.begin(), bytes.end(), expected.begin()).first;
    if (wrong != bytes.end())
        Fail("stream " + std::to_string(stream_) + ": a wrong byte at " +
             std::to_string(offset + static_cast<std::uint64_t>(wrong - bytes.begin())));
}

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) FailInSystem("epoll_create1");
}

Loop::~Loop() { close(epoll_); }

void Loop::Watch(int descriptor, std::uint32_t events, Watched& watched) {
    epoll_event event{events, {&watched}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) FailInSystem("epoll_ctl");
}

void Loop::Change(int descriptor, std::uint32_t events, Watched& watched) {
    epoll_event event{events, {&watched}};
    if (epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) != 0) FailInSystem("epoll_ctl");
}

void Loop::Turn(std::chrono::milliseconds at_most) {
    std::array<epoll_event, 256> events;
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(at_most.count()));
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        static_cast<Watched*>(event.data.ptr)->OnReady(event.events);
    }
}

std::uint64_t NumberIn(const Arguments& arguments, std::size_t index, std::uint64_t otherwise) {
    if (index >= arguments.size()) return otherwise;
    std::uint64_t number = 0;
    const std::string& text = arguments[index];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) Fail("not a number: " + text);
    return number;
}

}  // namespace load
