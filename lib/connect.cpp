// SPDX-License-Identifier: MIT
#include "buffer_pool.h"
#include "connection.h"
#include "core_state.h"
#include "datagram.h"
#include "misuse.h"
#include "operation_wait.h"
#include "peer_connection.h"
#include "socket.h"
#include "stream_connection.h"
#include "worker.h"

#include <iocp/connect.h>
#include <iocp/datagram_socket.h>

#include <algorithm>
#include <utility>

namespace iocp {

namespace detail {

namespace {

// A connect under way, which a stop or a deadline ends.
class Connecting final : public Stoppable, public Timer {
public:
    Connecting(Worker& worker, SocketHandle socket, const Endpoint& remote, std::chrono::milliseconds limit)
        : Timer(&OnDue), operation(worker, IOCP_Operation::Kind::Connect), worker_(worker) {
        operation->socket = socket;
        operation->Far().endpoint = remote;
        worker_.Add(*this);
        worker_.Timers().Arm(*this, After(worker_.Net().Now(), limit));
    }
    ~Connecting() {
        worker_.Timers().Disarm(*this);
        worker_.Remove(*this);
    }

    void Stop() noexcept override { End(Outcome::Stopped); }
    void Cut() noexcept override { End(Outcome::Stopped); }

    [[nodiscard]] Result Ended() const {
        const int code = operation->native_code;
        if (code == 0) return Result();
        if (why_ != Outcome::Ok && IsCancelled(code)) return Result(why_);
        return Result(Outcome::SystemError, 0, code);
    }

    OperationWait operation;

private:
    static void OnDue(Timer& timer) noexcept { static_cast<Connecting&>(timer).End(Outcome::Timeout); }

    void End(Outcome why) noexcept {
        if (why_ == Outcome::Ok) why_ = why;
        operation.Cancel();
    }

    Worker& worker_;
    Outcome why_ = Outcome::Ok;
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
    ++worker.Load();
    worker.Core().Enter(client);
    return Connected(std::move(client));
}

Detached ReceiveFor(Worker& worker, std::shared_ptr<PeerConnection> peer, SocketHandle handle, Endpoint remote) {
    DatagramSocket socket(worker, handle);
    peer->FedBy(&socket);
    for (;;) {
        const Datagram datagram = co_await socket.RecvFrom();
        if (datagram.Why() == Outcome::Stopped) break;
        Buffer* copy = datagram && datagram.From() == remote ? Buffer::Make(datagram.size()) : nullptr;
        if (copy == nullptr) continue;
        std::copy(datagram.begin(), datagram.end(), copy->Bytes());
        copy->size = datagram.size();
        peer->Deliver(copy);
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
    const PeerLimits limits{std::chrono::milliseconds::zero(), defaults.max_queued_datagrams,
                            defaults.max_queued_bytes};
    auto peer = std::make_shared<PeerConnection>(worker, opened.socket, remote, limits);
    ReceiveFor(worker, peer, opened.socket, remote);
    return Introduce(worker, std::move(peer), remote, Transport::Udp);
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
    co_await connecting.operation;
    if (const Result result = connecting.Ended(); !result) co_return Connected(result);
    co_return Introduce(worker, std::make_shared<StreamConnection>(worker, socket.Take()), remote, Transport::Tcp);
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
    if (connection.MustLinger()) co_await connection.Linger(worker.Core().Settings().linger);
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
    detail::Part(*worker, std::move(client_));
}

}  // namespace iocp
