// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/endpoint.h>
#include <iocp/limits.h>

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

// What Post does where a client takes its posts too slowly, so that Listener::max_posted_bytes are waiting for it.
enum class OnFull : std::uint8_t {
    DropNewest,  // what is posted is not queued, and Post says Full; to wait instead, Send
    DropOldest,  // what waits longest makes room
    Disconnect,  // the client is closed
};

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

    iocp::Limits limits;                                  // who is let in, and what is expected of them
    int backlog = 1024;                                   // connections that the system keeps waiting; TCP
    std::size_t max_queued_datagrams = 256;               // received and not yet taken by a UDP peer's handler;
    std::size_t max_queued_bytes = std::size_t{1} << 20;  //   more are dropped and counted

    std::size_t max_posted_bytes = std::size_t{1} << 20;  // posted to a client and not being sent yet
    OnFull on_full = OnFull::DropNewest;                  // what happens above that
};

struct Options {
    EngineKind engine = EngineKind::Auto;
    std::chrono::milliseconds tick{1'000};   // between two OnBackgroundTick; memory goes back at ticks, after a peak
    std::chrono::milliseconds drain{5'000};  // for handlers to end at Stop() and Ctrl-C, and when the core is destroyed
    std::chrono::milliseconds linger{1'000};  // for a peer to end its side after ours, so that our last bytes arrive

    // How long a handler may keep its worker, that is: run without awaiting anything, before OnStall hears of it; 0: it
    // never does. Watched in checked builds (IOCP_CORE_CHECKS), by the background thread.
    std::chrono::milliseconds stall{200};

    // After something came, a worker looks for more for so long before it sleeps: who is asked again at once answers in
    // a third of the time, at the price of a processor that is never idle meanwhile. For few busy clients and workers
    // that have processors to themselves. 0: it sleeps at once. Not for a core that is polled.
    std::chrono::microseconds spin{0};

    std::size_t receive_buffer = std::size_t{32} << 10;      // bytes that one Recv() can bring; TCP
    std::size_t max_receive_buffers = std::size_t{1} << 14;  // lent at a time, for each worker

    // Buffers that the kernel has ready for bytes to come, at most, for each worker; a power of two. io_uring: no more
    // than a turn needs. iocp: one for each client that talks.
    std::uint32_t provided_buffers = 256;

    // io_uring: sizes of the queues, for each worker. Powers of two.
    std::uint32_t submission_entries = 256;
    std::uint32_t completion_entries = 4096;

    // Where sockets and time come from: null for the system's own, or a Simulation's, which must outlive the core.
    iocp::Network* network = nullptr;

    unsigned offload_threads = 4;       // most threads for iocp::Offload
    std::size_t max_offloaded = 1'024;  // that may wait for one

    // Raises the soft limit of descriptors to the hard one at start; Linux.
    bool raise_descriptor_limit = true;
};

// How often things happened since the core was made; each limit of the core tells here when it bit.
struct Counters {
    std::uint64_t clients_accepted = 0;
    std::uint64_t clients_refused = 0;      // by AcceptClient
    std::uint64_t refused_no_memory = 0;    // by the core, which had no memory for them
    std::uint64_t listeners_full = 0;       // times a listener stopped accepting at Limits::clients
    std::uint64_t accept_retries = 0;       // accepts that failed and were tried again
    std::uint64_t datagrams_dropped = 0;    // of refused peers, or above max_queued_datagrams or max_queued_bytes
    std::uint64_t posts_dropped = 0;        // above max_posted_bytes
    std::uint64_t slow_clients_closed = 0;  // for OnFull::Disconnect
    std::uint64_t receive_buffers_out = 0;  // Recv that ended as Full
    std::uint64_t frames_too_long = 0;      // framed calls that ended as TooLong
    std::uint64_t handler_errors = 0;       // exceptions that reached OnError
    std::uint64_t handlers_unwound = 0;     // handlers that did not return after Stop and were destroyed
    std::uint64_t stalls = 0;               // times a handler kept its worker for Options::stall; checked builds

    // By the rules of iocp::Limits.
    std::uint64_t refused_full = 0;         // UDP peers above clients
    std::uint64_t refused_per_address = 0;  // above clients_per_address
    std::uint64_t refused_by_rate = 0;      // UDP peers above accepts_per_second
    std::uint64_t accepts_delayed = 0;      // TCP clients that waited for accepts_per_second
    std::uint64_t ended_first_byte = 0;     // clients ended by first_byte
    std::uint64_t ended_idle = 0;           // by idle
    std::uint64_t ended_slow = 0;           // by least_rate
    std::uint64_t ended_frame = 0;          // by frame
    std::uint64_t sends_timed_out = 0;      // sends ended by send
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
