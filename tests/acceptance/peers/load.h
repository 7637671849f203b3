// SPDX-License-Identifier: MIT
// What the load programs share. Plain sockets of Linux and nothing of the library's: what it does wrong is not repeated
// here.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace load {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Something is not as it must be: says so on standard error, and ends the program with exit code 1.
[[noreturn]] void Fail(const std::string& what);
[[noreturn]] void FailInSystem(const std::string& what);

// Ends the program as a failure unless it has ended by itself after `limit`.
void LimitTime(std::chrono::seconds limit);

double SecondsSince(Clock::time_point begin);

// An address of the server, "127.0.0.1:80" or "[::1]:80".
struct Target {
    explicit Target(const std::string& text);

    [[nodiscard]] const sockaddr* Address() const { return reinterpret_cast<const sockaddr*>(&address); }

    sockaddr_storage address{};
    socklen_t size = 0;
};

// Owns a descriptor.
class Socket {
public:
    Socket(int family, int type);
    Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Socket& operator=(Socket&&) = delete;
    ~Socket() { Close(); }

    [[nodiscard]] int Get() const { return descriptor_; }
    void Close();

private:
    int descriptor_;
};

// A socket on its way to `target`. With `sources` > 1, and a target in 127.0.0.0/8, from one of that many such
// addresses, which `number` chooses: one address has too few ports for what is opened and closed fast.
Socket Connecting(const Target& target, std::uint64_t number = 0, unsigned sources = 1);

// Pseudo-random bytes; each is told by the stream it is of and its place in it.
class Pattern {
public:
    explicit Pattern(std::uint64_t stream) : stream_(stream) {}

    // The bytes from `offset` on. Valid until the next call of either method, of any pattern.
    [[nodiscard]] std::span<const std::byte> Bytes(std::uint64_t offset, std::size_t size) const;

    // Fails at the first byte of `bytes` that does not belong at its place from `offset` on.
    void Check(std::uint64_t offset, std::span<const std::byte> bytes) const;

private:
    std::uint64_t stream_;
};

class Watched {
public:
    virtual void OnReady(std::uint32_t events) = 0;

protected:
    ~Watched() = default;
};

// Tells what is watched when its descriptor is ready. What is watched must not be destroyed during a Turn.
class Loop {
public:
    Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop();

    void Watch(int descriptor, std::uint32_t events, Watched& watched);
    void Change(int descriptor, std::uint32_t events, Watched& watched);
    void Turn(std::chrono::milliseconds at_most);

    // Turns until `done`. False: it was not within `limit`.
    template <class Done>
    bool Until(Done done, std::chrono::milliseconds limit) {
        const auto end = Clock::now() + limit;
        while (!done()) {
            if (Clock::now() >= end) return false;
            Turn(10ms);
        }
        return true;
    }

private:
    int epoll_;
};

// What each subcommand is given behind its name.
using Arguments = std::vector<std::string>;

// Argument number `index` as a number; `otherwise` where it is not given.
std::uint64_t NumberIn(const Arguments& arguments, std::size_t index, std::uint64_t otherwise);

void Hold(const Target& target, const Arguments& arguments);
void Stream(const Target& target, const Arguments& arguments);
void Churn(const Target& target, const Arguments& arguments);
void Full(const Target& target, const Arguments& arguments);
void Ping(const Target& target, const Arguments& arguments);
void Datagrams(const Target& target, const Arguments& arguments);
void Strays(const Target& target, const Arguments& arguments);

}  // namespace load
