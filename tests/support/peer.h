// SPDX-License-Identifier: MIT
// The other end of a connection, as a test plays it: the system's plain sockets, so that the library is never on both
// sides. Each call ends within kPatience; what does not work throws, and a test that throws has failed.
#pragma once

#include <iocp/endpoint.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iocp_test {

inline constexpr std::chrono::seconds kPatience{30};

// Owns a plain socket.
class Socket {
public:
    Socket(iocp::Endpoint::Family family, iocp::Transport transport);
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&& other) noexcept;
    ~Socket();

    [[nodiscard]] std::uintptr_t Get() const noexcept { return handle_; }
    [[nodiscard]] iocp::Endpoint Local() const;

    void Bind(const iocp::Endpoint& endpoint) const;
    // Not waiting for it on a socket that does not block. False: the other side has reset it already.
    bool Connect(const iocp::Endpoint& endpoint) const;
    void MakeNonBlocking() const;
    void ResetOnClose() const;
    void Close() noexcept;

    // False: nothing within `limit`.
    [[nodiscard]] bool AwaitReadable(std::chrono::milliseconds limit = kPatience) const;
    [[nodiscard]] bool AwaitWritable(std::chrono::milliseconds limit = kPatience) const;

private:
    std::uintptr_t handle_;
};

enum class StreamEnd : std::uint8_t { Open, Closed, Reset };

// A TCP client.
class Peer {
public:
    explicit Peer(const iocp::Endpoint& server);

    // With a TCP socket that was made before.
    Peer(Socket socket, const iocp::Endpoint& server);

    void Send(std::string_view bytes) const;

    // `count` bytes; fewer where the stream ends before.
    [[nodiscard]] std::string Receive(std::size_t count);

    // Everything until the stream ends.
    [[nodiscard]] std::string ReceiveAll();

    // How the stream ended, after all that came before.
    [[nodiscard]] StreamEnd AwaitEnd();

    void FinishSending() const;
    void Reset();  // without waiting for anything: what is under way is lost
    void Close() noexcept { socket_.Close(); }

    [[nodiscard]] iocp::Endpoint Local() const { return socket_.Local(); }

private:
    std::string ReceiveSome(std::size_t most);

    Socket socket_;
    StreamEnd end_ = StreamEnd::Open;
};

// A UDP socket that talks to one address.
class UdpPeer {
public:
    explicit UdpPeer(const iocp::Endpoint& server);

    void Send(std::string_view datagram) const;

    // The next datagram.
    [[nodiscard]] std::string Receive() const;

    // Sends `datagram` until there is an answer, as one does where datagrams may be lost.
    [[nodiscard]] std::string Ask(std::string_view datagram) const;

    void Close() noexcept { socket_.Close(); }

    [[nodiscard]] iocp::Endpoint Local() const { return socket_.Local(); }

private:
    [[nodiscard]] std::optional<std::string> ReceiveWithin(std::chrono::milliseconds limit) const;

    Socket socket_;
};

// A listening socket that takes no connection: whoever connects waits.
class FullListener {
public:
    FullListener();

    [[nodiscard]] iocp::Endpoint Local() const { return listening_.Local(); }

private:
    Socket listening_;
    std::vector<Socket> waiting_;
};

// A TCP port where nobody listens, kept from others.
class DeadEnd {
public:
    DeadEnd();

    [[nodiscard]] iocp::Endpoint Local() const { return bound_.Local(); }

private:
    Socket bound_;
};

// 127.0.0.1
[[nodiscard]] iocp::Endpoint Loopback(std::uint16_t port);

}  // namespace iocp_test
