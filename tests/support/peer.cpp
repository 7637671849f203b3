// SPDX-License-Identifier: MIT
#include "peer.h"

#include "plain_sockets.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

namespace iocp_test {

namespace {

constexpr std::uintptr_t kClosed = std::numeric_limits<std::uintptr_t>::max();

struct Address {
    explicit Address(const iocp::Endpoint& endpoint) {
        if (endpoint.AddressFamily() == iocp::Endpoint::Family::V6) {
            auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
            v6.sin6_family = AF_INET6;
            v6.sin6_port = htons(endpoint.Port());
            std::memcpy(&v6.sin6_addr, endpoint.AddressBytes().data(), sizeof v6.sin6_addr);
            size = sizeof v6;
        } else {
            auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
            v4.sin_family = AF_INET;
            v4.sin_port = htons(endpoint.Port());
            std::memcpy(&v4.sin_addr, endpoint.AddressBytes().data(), sizeof v4.sin_addr);
            size = sizeof v4;
        }
    }

    [[nodiscard]] const sockaddr* Get() const { return reinterpret_cast<const sockaddr*>(&storage); }

    sockaddr_storage storage{};
    socklen_t size;
};

plain::Handle HandleOf(const Socket& socket) { return static_cast<plain::Handle>(socket.Get()); }

[[noreturn]] void Fail(const std::string& what) { throw std::runtime_error("the test's own end " + what); }

[[noreturn]] void FailWithCode(const std::string& what) {
    Fail(what + ": system code " + std::to_string(plain::LastError()));
}

bool Await(const Socket& socket, short events, std::chrono::milliseconds limit) {
    pollfd entry{};
    entry.fd = HandleOf(socket);
    entry.events = events;
    return plain::Poll(entry, static_cast<int>(limit.count())) > 0;
}

template <class Value>
void SetOption(const Socket& socket, int name, const Value& value) {
    if (setsockopt(HandleOf(socket), SOL_SOCKET, name, reinterpret_cast<const char*>(&value), sizeof value) != 0)
        FailWithCode("takes no option");
}

}  // namespace

Socket::Socket(iocp::Endpoint::Family family, iocp::Transport transport) {
    plain::Prepare();
    const plain::Handle handle = socket(family == iocp::Endpoint::Family::V6 ? AF_INET6 : AF_INET,
                                        transport == iocp::Transport::Tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (handle == plain::kNone) FailWithCode("gets no socket");
    handle_ = static_cast<std::uintptr_t>(handle);
}

Socket::Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, kClosed)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

Socket::~Socket() { Close(); }

void Socket::Close() noexcept {
    if (handle_ != kClosed) plain::Close(HandleOf(*this));
    handle_ = kClosed;
}

iocp::Endpoint Socket::Local() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getsockname(HandleOf(*this), reinterpret_cast<sockaddr*>(&address), &size) != 0) FailWithCode("has no address");
    std::array<std::uint8_t, 16> bytes{};
    if (address.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
        std::memcpy(bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
        return {iocp::Endpoint::Family::V6, bytes, ntohs(v6.sin6_port)};
    }
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::memcpy(bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
    return {iocp::Endpoint::Family::V4, bytes, ntohs(v4.sin_port)};
}

void Socket::Bind(const iocp::Endpoint& endpoint) const {
    const Address address(endpoint);
    if (bind(HandleOf(*this), address.Get(), address.size) != 0) FailWithCode("cannot bind " + endpoint.ToString());
}

bool Socket::Connect(const iocp::Endpoint& endpoint) const {
    const Address address(endpoint);
    if (connect(HandleOf(*this), address.Get(), address.size) == 0) return true;
    const int code = plain::LastError();
    if (code != plain::kInProgress && code != plain::kConnectionReset)
        FailWithCode("cannot connect to " + endpoint.ToString());
    return code == plain::kInProgress;
}

void Socket::MakeNonBlocking() const { plain::MakeNonBlocking(HandleOf(*this)); }

void Socket::ResetOnClose() const {
    linger at_once{};
    at_once.l_onoff = 1;
    SetOption(*this, SO_LINGER, at_once);
}

bool Socket::AwaitReadable(std::chrono::milliseconds limit) const { return Await(*this, POLLIN, limit); }

bool Socket::AwaitWritable(std::chrono::milliseconds limit) const { return Await(*this, POLLOUT, limit); }

Peer::Peer(const iocp::Endpoint& server) : Peer(Socket(server.AddressFamily(), iocp::Transport::Tcp), server) {}

Peer::Peer(Socket socket, const iocp::Endpoint& server) : socket_(std::move(socket)) {
    if (!socket_.Connect(server)) end_ = StreamEnd::Reset;
    socket_.MakeNonBlocking();
}

void Peer::Send(std::string_view bytes) const {
    while (!bytes.empty()) {
        if (!socket_.AwaitWritable()) Fail("can send no more: nobody receives");
        const auto sent = plain::Send(HandleOf(socket_), bytes.data(), bytes.size());
        if (sent >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        else if (plain::LastError() != plain::kWouldBlock)
            FailWithCode("cannot send");
    }
}

std::string Peer::ReceiveSome(std::size_t most) {
    std::string bytes(std::min(most, std::size_t{1} << 16), '\0');
    while (end_ == StreamEnd::Open) {
        if (!socket_.AwaitReadable()) Fail("receives nothing");
        const auto received = plain::Receive(HandleOf(socket_), bytes.data(), bytes.size());
        if (received > 0) return bytes.substr(0, static_cast<std::size_t>(received));
        if (received == 0) {
            end_ = StreamEnd::Closed;
        } else if (plain::LastError() == plain::kConnectionReset) {
            end_ = StreamEnd::Reset;
        } else if (plain::LastError() != plain::kWouldBlock) {
            FailWithCode("cannot receive");
        }
    }
    return {};
}

std::string Peer::Receive(std::size_t count) {
    std::string bytes;
    while (bytes.size() < count) {
        const std::string some = ReceiveSome(count - bytes.size());
        if (some.empty()) break;
        bytes += some;
    }
    return bytes;
}

std::string Peer::ReceiveAll() { return Receive(std::numeric_limits<std::size_t>::max()); }

StreamEnd Peer::AwaitEnd() {
    while (!ReceiveSome(1 << 16).empty()) {
    }
    return end_;
}

void Peer::FinishSending() const {
    constexpr int kSending = 1;  // SHUT_WR, SD_SEND
    if (shutdown(HandleOf(socket_), kSending) != 0) FailWithCode("cannot end its side");
}

void Peer::Reset() {
    socket_.ResetOnClose();
    socket_.Close();
}

UdpPeer::UdpPeer(const iocp::Endpoint& server) : socket_(server.AddressFamily(), iocp::Transport::Udp) {
    socket_.Connect(server);
    socket_.MakeNonBlocking();
}

void UdpPeer::Send(std::string_view datagram) const {
    if (!socket_.AwaitWritable()) Fail("cannot send a datagram");
    const auto sent = plain::Send(HandleOf(socket_), datagram.data(), datagram.size());
    if (sent != static_cast<std::int64_t>(datagram.size())) FailWithCode("cannot send a datagram");
}

std::optional<std::string> UdpPeer::ReceiveWithin(std::chrono::milliseconds limit) const {
    if (!socket_.AwaitReadable(limit)) return std::nullopt;
    std::string datagram(65'536, '\0');
    const auto received = plain::Receive(HandleOf(socket_), datagram.data(), datagram.size());
    if (received < 0) FailWithCode("cannot receive a datagram");
    datagram.resize(static_cast<std::size_t>(received));
    return datagram;
}

std::string UdpPeer::Receive() const {
    auto datagram = ReceiveWithin(kPatience);
    if (!datagram) Fail("receives no datagram");
    return *std::move(datagram);
}

std::string UdpPeer::Ask(std::string_view datagram) const {
    constexpr std::chrono::milliseconds kBetweenTries{200};
    for (int i = 0; i < kPatience / kBetweenTries; ++i) {
        Send(datagram);
        if (auto answer = ReceiveWithin(kBetweenTries)) return *std::move(answer);
    }
    Fail("gets no answer");
}

FullListener::FullListener() : listening_(iocp::Endpoint::Family::V4, iocp::Transport::Tcp) {
    constexpr int kMoreThanEnough = 4;
    listening_.Bind(Loopback(0));
    if (listen(HandleOf(listening_), 0) != 0) FailWithCode("cannot listen");
    for (int i = 0; i < kMoreThanEnough; ++i) {
        waiting_.emplace_back(iocp::Endpoint::Family::V4, iocp::Transport::Tcp);
        waiting_.back().MakeNonBlocking();
        waiting_.back().Connect(Local());
    }
}

DeadEnd::DeadEnd() : bound_(iocp::Endpoint::Family::V4, iocp::Transport::Tcp) { bound_.Bind(Loopback(0)); }

iocp::Endpoint Loopback(std::uint16_t port) { return {iocp::Endpoint::Family::V4, {127, 0, 0, 1}, port}; }

}  // namespace iocp_test
