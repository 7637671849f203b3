// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/client_waits.h>
#include <iocp/endpoint.h>
#include <iocp/file_part.h>
#include <iocp/frame.h>
#include <iocp/shared_bytes.h>
#include <iocp/task.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

namespace iocp {

class File;

namespace detail {
class Connection;
struct Introduction;
}  // namespace detail

}  // namespace iocp

// One client: a TCP connection, or the peer of a UDP socket that has one remote address. Derive from it to keep state
// of your own, and let your protocol's AcceptClient make it (see iocp::ProtocolFor).
//
// Owner: the core keeps it alive while its handler runs; others hold it by std::shared_ptr for as long as they like,
// and find it ended then. Thread rule: its coroutines run on one worker, its home, one at a time, so its state needs no
// lock. Id, Remote, ProtocolId, Transport, Post and Close may be called from any thread; everything else only from its
// coroutines.
class IOCP_Client : public std::enable_shared_from_this<IOCP_Client> {
public:
    IOCP_Client() noexcept;
    IOCP_Client(const IOCP_Client&) = delete;
    IOCP_Client& operator=(const IOCP_Client&) = delete;
    virtual ~IOCP_Client();

    // Unique in the process and never reused.
    [[nodiscard]] std::uint64_t Id() const noexcept { return id_; }
    [[nodiscard]] const iocp::Endpoint& Remote() const noexcept { return remote_; }
    [[nodiscard]] iocp::Transport Transport() const noexcept { return transport_; }

    // The protocol id of the listener that accepted it.
    [[nodiscard]] int ProtocolId() const noexcept { return protocol_id_; }

    // This side's address and port; empty when the client has ended.
    [[nodiscard]] iocp::Endpoint Local() const;

    // Waits for bytes (TCP: what has arrived, at least one byte; UDP: one whole datagram, which may be empty) and lends
    // them. While nothing has arrived no buffer is held. One Recv, of any kind, at a time for each client.
    //   Closed   the peer sends no more; what you Send still reaches it
    //   Reset    the connection broke
    //   Timeout  the deadline passed, or the client broke first_byte, idle or least_rate of the listener's Limits;
    //            then every later Recv ends as Stopped
    //   Full     no buffer was free (Options::max_receive_buffers)
    //   Stopped  Close was called, or the core is stopping
    [[nodiscard]] iocp::RecvAwaitable Recv() noexcept { return iocp::RecvAwaitable(connection_.get()); }

    // The same into `memory`, which must not be empty and must live until the call has ended; yields the bytes filled.
    //   TooLong  a datagram was longer than `memory`; its first part is there, the rest is lost
    [[nodiscard]] iocp::RecvIntoAwaitable Recv(std::span<std::byte> memory) noexcept {
        return iocp::RecvIntoAwaitable({connection_.get(), memory});
    }

    // The four that follow wait for a whole frame, in whatever pieces it comes, and yield a view of it, which is valid
    // until the next Recv of any kind begins: see iocp::Frame. What came behind the frame stays for the next call; the
    // next Recv() or Recv(span) yields it before anything newer. A client of whom nothing is left unread holds no
    // buffer while it waits; bytes of a frame that is not whole are kept in memory that grows as they come.
    //   Closed   the peer sends no more, maybe in the middle of a frame; on UDP the datagram ended in the middle of one
    //   TooLong  the frame is longer than its maximum, or than Limits::frame, which ends the client soon after
    //   Full     no receive buffer was free, or there was no memory
    //   Reset, Timeout, Stopped  as Recv
    // A call that fails has taken nothing: the bytes that came, which the result shows, stay for the next call. So
    // after TooLong the same call fails again, and Recv() yields the bytes.
    // On UDP the frames of a datagram come one after another, and no frame goes on in the next datagram.

    // The next `size` bytes. Memory grows with what comes, not with `size`; yet check a size that the peer chose.
    [[nodiscard]] iocp::FrameAwaitable RecvExactly(std::size_t size) noexcept {
        return iocp::FrameAwaitable({connection_.get(), iocp::detail::FrameRule::Exactly(size)});
    }

    // The bytes before the next `delimiter`, `max` at most. The delimiter, which must not be empty and must live until
    // the call has ended, is taken and not shown.
    [[nodiscard]] iocp::FrameAwaitable RecvUntil(std::string_view delimiter, std::size_t max) noexcept {
        return iocp::FrameAwaitable({connection_.get(), iocp::detail::FrameRule::Until(delimiter, max)});
    }

    // The bytes before the next "\n" or "\r\n", `max` at most.
    [[nodiscard]] iocp::FrameAwaitable RecvLine(std::size_t max) noexcept {
        return iocp::FrameAwaitable({connection_.get(), iocp::detail::FrameRule::Line(max)});
    }

    // The bytes behind a length, as many as it says. TooLong is also a length that is less than its own bytes, where it
    // counts them.
    [[nodiscard]] iocp::FrameAwaitable RecvFrame(const iocp::LengthPrefix& prefix = {}) noexcept {
        return iocp::FrameAwaitable({connection_.get(), iocp::detail::FrameRule::Prefixed(prefix)});
    }

    // Sends all of `bytes`, which must live until the call has ended. Several coroutines of the client may send at
    // once: each message leaves whole, in call order. On UDP it is one datagram.
    //   Reset    the connection broke
    //   Timeout  the deadline passed: the call's, or Limits::send where it has none
    //   Full     UDP only: the kernel's queue was full and the datagram is dropped
    //   TooLong  UDP only: longer than a datagram can be
    //   Stopped  Close was called, or the core's drain deadline passed
    [[nodiscard]] iocp::SendAwaitable Send(std::span<const std::byte> bytes) noexcept {
        return iocp::SendAwaitable({connection_.get(), bytes});
    }
    [[nodiscard]] iocp::SendAwaitable Send(std::string_view text) noexcept {
        return iocp::SendAwaitable({connection_.get(), std::as_bytes(std::span(text))});
    }

    // Sends `size` bytes of `file` from `offset` on, or all that it holds from there when the call begins: a Send whose
    // bytes go from the file to the network without passing through memory of the program. TCP only, on UDP it is a
    // misuse. `file` (iocp/file.h) must live until the call has ended; several calls may send it at once. What is not
    // in the system's cache is read from the disk meanwhile, which the client's worker waits for.
    //   TooLong      the file ended before; size() tells how many bytes went
    //   SystemError  the file could not be read, or is none that the system can send
    //   Reset, Timeout, Stopped  as Send
    // Where it has left in part, so that what follows would be taken for the rest of it, every later send ends as this.
    [[nodiscard]] iocp::SendFileAwaitable SendFile(const iocp::File& file, std::uint64_t offset = 0,
                                                   std::uint64_t size = iocp::kToTheEnd) noexcept;

    // Tells the peer that nothing more comes (TCP: ends this side's half of the stream), once the sends that have begun
    // are finished. Later ones end as Stopped; Recv goes on. No effect on UDP.
    void FinishSending();

    // Asks whether it is time to stop, in a long computation: true once the client was closed, its handler has
    // returned, or the core is stopping. Awaits need no token, they end by themselves. May be handed to other threads.
    [[nodiscard]] std::stop_token StopToken();

    // Queues `bytes` to be sent whole, behind what was posted before, and never waits. Any thread. Beside Sends it
    // comes whole too, in no order with them. On UDP each post is one datagram. What is queued when the handler returns
    // is still sent, for Options::linger.
    //   Full    Listener::max_posted_bytes are waiting already; see Listener::on_full
    //   Closed  the client is gone, or was disconnected for an earlier post that was Full
    iocp::Result Post(iocp::SharedBytes bytes);

    // Runs `function(arguments...)`, which yields an iocp::Task<>, beside the handler, on the client's worker; it
    // starts at once. Function and arguments are moved in and kept until it has ended, as std::thread keeps them;
    // std::ref hands the client itself on: `client.Spawn(Heartbeat, std::ref(client))`. A child that lets an exception
    // out closes the client. When the handler has returned, the children's waits end as Stopped, their sends go on for
    // Options::linger, and the client ends after the last of them.
    template <class Function, class... Arguments>
    void Spawn(Function function, Arguments... arguments) {
        SpawnTask(iocp::detail::Call(std::move(function), std::move(arguments)...));
    }

    // Ends the client from this side, from any thread: its awaits end as Stopped, and once its handler has returned the
    // connection is closed. Bytes of sends that have ended are still delivered.
    void Close() noexcept;

private:
    void SpawnTask(iocp::Task<> task);

    friend class iocp::detail::Connection;
    friend struct iocp::detail::Introduction;

    const std::uint64_t id_;
    iocp::Endpoint remote_;
    std::shared_ptr<iocp::detail::Connection> connection_;
    int protocol_id_ = 0;
    iocp::Transport transport_ = iocp::Transport::Tcp;
};
