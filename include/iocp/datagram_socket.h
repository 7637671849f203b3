// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/operation.h>
#include <iocp/protocol.h>
#include <iocp/received.h>
#include <iocp/task.h>

#include <coroutine>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace iocp {

namespace detail {
class DatagramBatch;
class Worker;
}  // namespace detail

// A UDP socket without clients: every datagram with its sender, for those who keep their own books.
//
// Owner: the core, for as long as the handler of its DatagramProtocol runs. Thread rule: only from that handler.
class DatagramSocket {
public:
    // What RecvFrom returns: awaited once, at once.
    class [[nodiscard]] RecvFromAwaitable {
    public:
        explicit RecvFromAwaitable(DatagramSocket& socket) noexcept : socket_(socket) {}
        RecvFromAwaitable(const RecvFromAwaitable&) = delete;
        RecvFromAwaitable& operator=(const RecvFromAwaitable&) = delete;
        ~RecvFromAwaitable();

        bool await_ready() const noexcept { return false; }
        template <class Promise>
        bool await_suspend(std::coroutine_handle<Promise> coroutine) {
            return Start(coroutine, detail::PlaceOf(coroutine));
        }
        Datagram await_resume() noexcept;

    private:
        bool Start(std::coroutine_handle<> coroutine, const detail::Place& place);
        static void OnCompleted(IOCP_Operation& operation) noexcept;

        DatagramSocket& socket_;
        std::coroutine_handle<> waiter_;
        IOCP_Operation* operation_ = nullptr;

        friend class DatagramSocket;
    };

    // Takes over `handle`, a bound socket that is attached to nothing.
    DatagramSocket(detail::Worker& worker, SocketHandle handle);
    DatagramSocket(const DatagramSocket&) = delete;
    DatagramSocket& operator=(const DatagramSocket&) = delete;
    ~DatagramSocket();

    // Waits for one datagram of any sender. One RecvFrom at a time.
    //   TooLong      it was longer than 65,527 bytes; its first part is there
    //   Stopped      the core is stopping
    //   SystemError  the socket failed; a peer's closed port is no reason
    [[nodiscard]] RecvFromAwaitable RecvFrom() noexcept { return RecvFromAwaitable(*this); }

    // Hands `bytes` to the kernel as one datagram to `to`, or drops it; never waits.
    //   Full     the kernel's queue was full
    //   TooLong  longer than a datagram can be
    Result SendTo(const Endpoint& to, std::span<const std::byte> bytes) noexcept;
    Result SendTo(const Endpoint& to, std::string_view text) noexcept {
        return SendTo(to, std::as_bytes(std::span(text)));
    }

    [[nodiscard]] const Endpoint& Local() const noexcept { return local_; }

    [[nodiscard]] SocketHandle Handle() const noexcept { return handle_; }

    // Ends a RecvFrom under way, and every later one, as Stopped.
    void Stop() noexcept;

private:
    friend class RecvFromAwaitable;

    // True: `operation` has ended.
    [[nodiscard]] bool Receive(IOCP_Operation& operation);

    detail::Worker& worker_;
    SocketHandle handle_;
    Endpoint local_;
    std::unique_ptr<detail::DatagramBatch> came_;
    RecvFromAwaitable* receiving_ = nullptr;
    bool stopped_ = false;
};

// The handler of a whole UDP socket. Give it to a listener with Transport::Udp in place of a protocol with clients.
// Its ProcedureSocket runs once for each start of the core, on one worker.
class DatagramProtocol : public IOCP_Protocol {
public:
    [[nodiscard]] virtual Task<> ProcedureSocket(DatagramSocket& socket) = 0;

private:
    Task<> ProcedureClient(IOCP_Client& client) final;
};

}  // namespace iocp
