// SPDX-License-Identifier: MIT
#include "buffer_pool.h"
#include "connection.h"
#include "core_state.h"
#include "datagram.h"
#include "misuse.h"
#include "peer_connection.h"
#include "socket.h"
#include "stream_connection.h"
#include "worker.h"

#include <iocp/connect.h>
#include <iocp/datagram_socket.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

namespace iocp {

namespace detail {

namespace {

// A connect under way.
class Connecting final : public Wait {
public:
    Connecting(Worker& worker, SocketHandle socket, const Endpoint& remote, std::chrono::milliseconds most)
        : Wait(For::Event, Deadline::Until(After(worker.Net().Now(), most))),
          worker_(worker),
          operation_(worker.Operations().Acquire(IOCP_Operation::Kind::Connect)) {
        operation_.socket = socket;
        operation_.Far().endpoint = remote;
        operation_.owner = this;
        operation_.completed = &OnCompleted;
    }
    ~Connecting() {
        LeaveScope();
        worker_.Timers().Disarm(*this);
        if (suspended && !refused_)
            worker_.Abandon(operation_);
        else
            worker_.Operations().Release(operation_);
    }

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<TaskPromise<Connected>> connector) {
        waiter = connector;
        scope = ScopeOf(connector);
        suspended = Start();
        return suspended;
    }
    Result await_resume() const noexcept { return result; }

    void EndAs(Outcome why) noexcept override {
        if (cut != Outcome::Ok) return;
        cut = why;
        if (operation_.state != IOCP_Operation::State::Pending) return;
        operation_.cancel_requested = true;
        worker_.Io().Cancel(operation_);
    }

private:
    void OnDue() noexcept override { refused_ ? Resume() : EndAs(Outcome::Timeout); }
    static void OnCompleted(IOCP_Operation& operation) noexcept {
        auto& self = *static_cast<Connecting*>(operation.owner);
        self.worker_.Timers().Disarm(self);
        self.Finish();
        self.Resume();
    }

    bool Start() {
        if (scope != nullptr && scope->Verdict() != Outcome::Ok)
            return refused_ = worker_.Refuse(*this, scope->Verdict());
        if (worker_.Io().Submit(operation_) == Submission::Finished) {
            if (worker_.SpendInline()) {
                Finish();
                return false;
            }
            worker_.Defer(operation_);
        }
        const auto ends = limit.From(worker_.Net().Now());
        if (ends != Clock::time_point::max()) worker_.Timers().Arm(*this, ends);
        JoinScope();
        return true;
    }

    void Finish() noexcept {
        const int code = operation_.native_code;
        if (code == 0) return;
        result = cut != Outcome::Ok && IsCancelled(code) ? Result(cut) : Result(Outcome::SystemError, 0, code);
    }

    Worker& worker_;
    IOCP_Operation& operation_;
    bool refused_ = false;
};

// Closes a socket that no connection has taken over.
class UnusedSocket {
public:
    UnusedSocket(Worker& worker, SocketHandle socket) noexcept : worker_(worker), socket_(socket) {}
    UnusedSocket(const UnusedSocket&) = delete;
    UnusedSocket& operator=(const UnusedSocket&) = delete;
    ~UnusedSocket() {
        if (socket_ != kNoSocket) worker_.Io().Close(socket_);
    }

    [[nodiscard]] SocketHandle Take() noexcept { return std::exchange(socket_, kNoSocket); }

private:
    Worker& worker_;
    SocketHandle socket_;
};

Connected Introduce(Worker& worker, std::shared_ptr<Connection> connection, const Endpoint& remote,
                    Transport transport) {
    auto client = std::make_shared<IOCP_Client>();
    Introduction::Bind(*client, std::move(connection), remote, 0, transport);
    worker.Core().Enter(*client);
    ++worker.Load();
    return Connected(std::move(client));
}

Detached ReceiveFor(Worker& worker, std::shared_ptr<PeerConnection> peer, std::unique_ptr<DatagramSocket> socket,
                    Endpoint remote) {
    peer->FedBy(socket.get());
    for (bool failed = false;;) {
        if (failed) co_await Sleep(worker, kRetryPause);
        try {
            Datagram datagram = co_await socket->RecvFrom();
            if (datagram.Why() == Outcome::Stopped) break;
            failed = !datagram;
            if (datagram && datagram.From() == remote) peer->Deliver(std::move(datagram));
        } catch (const std::bad_alloc&) {
            failed = true;
        }
    }
    peer->FedBy(nullptr);
}

Connected ConnectDatagram(Worker& worker, const Endpoint& remote) {
    const Listener defaults(0, 0, nullptr);
    const Endpoint any(remote.AddressFamily(), {}, 0);
    const OpenedSocket opened = worker.Net().OpenListening(any, Transport::Udp, false, 0);
    if (opened.socket == kNoSocket) return Connected(Result(Outcome::SystemError, 0, opened.native_code));
    if (const int code = worker.Io().Attach(opened.socket, SocketRole::Datagram); code != 0) {
        worker.Net().CloseSocket(opened.socket);
        return Connected(Result(Outcome::SystemError, 0, code));
    }
    UnusedSocket unused(worker, opened.socket);
    auto socket = std::make_unique<DatagramSocket>(worker, opened.socket);
    static_cast<void>(unused.Take());
    const PeerLimits limits{defaults.max_queued_datagrams, defaults.max_queued_bytes};
    auto peer = std::make_shared<PeerConnection>(worker, opened.socket, remote, limits);
    try {
        ReceiveFor(worker, peer, std::move(socket), remote);
        return Introduce(worker, peer, remote, Transport::Udp);
    } catch (const std::bad_alloc&) {
        peer->End();
        throw;
    }
}

Task<Connected> ConnectStream(Worker& worker, Endpoint remote, std::chrono::milliseconds limit) {
    const OpenedSocket opened = worker.Net().OpenStream(remote.AddressFamily());
    if (opened.socket == kNoSocket) co_return Connected(Result(Outcome::SystemError, 0, opened.native_code));
    if (const int code = worker.Io().Attach(opened.socket, SocketRole::Stream); code != 0) {
        worker.Net().CloseSocket(opened.socket);
        co_return Connected(Result(Outcome::SystemError, 0, code));
    }
    UnusedSocket socket(worker, opened.socket);
    Connecting connecting(worker, opened.socket, remote, limit);
    const Result result = co_await connecting;
    if (!result) co_return Connected(result);
    auto connection = std::make_shared<StreamConnection>(worker, opened.socket);
    static_cast<void>(socket.Take());
    try {
        co_return Introduce(worker, connection, remote, Transport::Tcp);
    } catch (const std::bad_alloc&) {
        connection->End();
        throw;
    }
}

// Ends a connection whatever happens to the coroutine that says goodbye.
class Parting {
public:
    Parting(Worker& worker, Connection& connection) noexcept : worker_(worker), connection_(connection) {}
    Parting(const Parting&) = delete;
    Parting& operator=(const Parting&) = delete;
    ~Parting() {
        connection_.End();
        --worker_.Load();
    }

private:
    Worker& worker_;
    Connection& connection_;
};

Detached Part(Worker& worker, std::shared_ptr<IOCP_Client> client) {
    Connection& connection = Introduction::Of(*client);
    const Parting parting(worker, connection);
    co_await connection.EndChildren(worker.Core().Settings().linger);
    if (!connection.MustLinger()) co_return;
    try {
        co_await connection.Linger(worker.Core().Settings().linger);
    } catch (const std::bad_alloc&) {
        connection.Cut();  // the peer may miss what was sent last
    }
}

}  // namespace

}  // namespace detail

Task<Connected> Connect(Endpoint remote, Transport transport, std::chrono::milliseconds limit) {
    detail::Worker* worker = detail::Worker::Current();
    if (worker == nullptr) detail::Misuse("iocp::Connect outside a coroutine of a core");
    if (worker->IsStopping()) co_return Connected(Result(Outcome::Stopped));
    if (transport == Transport::Udp) co_return detail::ConnectDatagram(*worker, remote);
    co_return co_await detail::ConnectStream(*worker, remote, limit);
}

Connected::~Connected() {
    if (!client_) return;
    detail::Worker* worker = detail::Worker::Current();
    if (worker == nullptr) detail::Misuse("an iocp::Connected was taken away from its coroutine");
    worker->Core().Leave(*client_);
    try {
        detail::Part(*worker, client_);
    } catch (const std::bad_alloc&) {
        detail::Connection& connection = detail::Introduction::Of(*client_);
        const detail::Parting at_once(*worker, connection);
    }
}

}  // namespace iocp
