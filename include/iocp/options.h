// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/endpoint.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

class IOCP_Protocol;

namespace iocp {

class Network;

// What takes the completions from the system.
enum class EngineKind : std::uint8_t {
    Auto,     // Windows: Iocp. Linux: IoUring, and Epoll where the kernel refuses it; IOCP_CORE::EngineReport says why
    Iocp,     // Windows I/O completion port
    IoUring,  // Linux 6.1 or newer, where the container and the system's settings allow it
    Epoll,    // any Linux
    Simulated,  // none: the network is a Simulation's, whatever was asked for
};

// "auto", "iocp", "io_uring", "epoll" or "simulated". Of these a user can ask for the first four.
[[nodiscard]] std::string_view ToString(EngineKind engine) noexcept;
[[nodiscard]] std::optional<EngineKind> ParseEngineKind(std::string_view name) noexcept;

// Where a core listens, for which protocol, and within which limits.
struct Listener {
    // `port` 0 lets the system choose, one number for TCP and UDP of an address; IOCP_CORE::Listening tells which.
    Listener(std::uint16_t on_port, int id, std::shared_ptr<IOCP_Protocol> handler,
             iocp::Transport over = iocp::Transport::Tcp, std::string on_address = "*")
        : port(on_port),
          protocol_id(id),
          protocol(std::move(handler)),
          transport(over),
          address(std::move(on_address)) {}

    std::uint16_t port;
    int protocol_id;  // yours; IOCP_Client::ProtocolId gives it back
    std::shared_ptr<IOCP_Protocol> protocol;
    iocp::Transport transport;
    std::string address;  // numeric; "*" is every address of the machine, IPv6 and IPv4

    // Clients at a time; 0: TCP as many as the process's descriptor limit allows, UDP 65,536.
    // TCP clients above it wait in the system's backlog; datagrams of UDP peers above it are dropped and counted.
    std::size_t max_clients = 0;
    int backlog = 1024;                                   // connections that the system keeps waiting; TCP
    std::chrono::milliseconds idle{60'000};               // silence after which a UDP peer has ended
    std::size_t max_queued_datagrams = 256;               // received and not yet taken by a UDP peer's handler;
    std::size_t max_queued_bytes = std::size_t{1} << 20;  //   more are dropped and counted
};

struct Options {
    EngineKind engine = EngineKind::Auto;
    std::chrono::milliseconds tick{1'000};   // between two OnBackgroundTick
    std::chrono::milliseconds drain{5'000};  // for handlers to end at Stop() and Ctrl-C, and when the core is destroyed
    std::chrono::milliseconds linger{1'000};  // for a peer to end its side after ours, so that our last bytes arrive

    std::size_t receive_buffer = std::size_t{16} << 10;      // bytes that one Recv() can bring; TCP
    std::size_t max_receive_buffers = std::size_t{1} << 14;  // lent at a time, for each worker

    // io_uring: sizes of the queues, for each worker. Powers of two.
    std::uint32_t submission_entries = 256;
    std::uint32_t completion_entries = 4096;
    std::uint32_t provided_buffers = 256;

    // Where sockets and time come from: null for the system's own, or a Simulation's, which must outlive the core.
    iocp::Network* network = nullptr;

    // Raises the soft limit of descriptors to the hard one at start; Linux.
    bool raise_descriptor_limit = true;
};

// How often things happened since the core was made; each limit of the core tells here when it bit.
struct Counters {
    std::uint64_t clients_accepted = 0;
    std::uint64_t clients_refused = 0;      // by AcceptClient
    std::uint64_t listeners_full = 0;       // times a listener stopped accepting at max_clients
    std::uint64_t accept_retries = 0;       // accepts that failed and were tried again
    std::uint64_t datagrams_dropped = 0;    // above max_clients, max_queued_datagrams or max_queued_bytes
    std::uint64_t receive_buffers_out = 0;  // Recv that ended as Full
    std::uint64_t frames_too_long = 0;      // framed calls that ended as TooLong
    std::uint64_t handler_errors = 0;       // exceptions that reached OnError
    std::uint64_t handlers_unwound = 0;     // handlers that did not return after Stop and were destroyed
};

// A core could not start. what() names what was asked for, the cause, and what to do about it.
class StartError : public std::runtime_error {
public:
    explicit StartError(const std::string& what, int native_code = 0)
        : std::runtime_error(what), native_code_(native_code) {}

    // errno or Winsock code; 0 where none was involved.
    [[nodiscard]] int NativeCode() const noexcept { return native_code_; }

private:
    int native_code_;
};

}  // namespace iocp
