// SPDX-License-Identifier: MIT
#include "datagram_listener.h"

#include "attach.h"
#include "buffer_pool.h"
#include "core_state.h"
#include "datagram.h"
#include "door_guard.h"
#include "socket.h"
#include "worker.h"

#include <exception>
#include <new>
#include <utility>

namespace iocp::detail {

// Suspends the listener, which receives no more, until no client uses its socket.
struct DatagramListener::PeersGone {
    DatagramListener& listener;

    bool await_ready() const noexcept { return listener.peers_.empty(); }
    void await_suspend(std::coroutine_handle<DetachedPromise> waiter) noexcept {
        waiter.promise().EndsAfterOthers();
        listener.waiting_for_peers_ = waiter;
    }
    void await_resume() const noexcept {}
};

void DatagramListener::Seat::Deliver(Buffer* datagram) const noexcept {
    if (connection)
        connection->Deliver(datagram);
    else
        datagram->GiveBack();
}

DatagramListener::DatagramListener(Worker& home, const Listener& settings, SocketHandle socket, DoorGuard& guard)
    : Door(settings, guard),
      home_(home),
      handle_(socket),
      limits_{settings.max_queued_datagrams, settings.max_queued_bytes},
      local_(home.Net().LocalEndpoint(socket)) {}

DatagramListener::~DatagramListener() {
    if (handle_ != kNoSocket) home_.Net().CloseSocket(handle_);
}

void DatagramListener::Open() {
    AttachListener(home_, handle_, SocketRole::Datagram, [this] { Serve(home_, *this); });
}

Detached DatagramListener::Serve(Worker& worker, DatagramListener& self) {
    DatagramSocket socket(worker, std::exchange(self.handle_, kNoSocket));
    self.socket_ = &socket;
    worker.Add(self);
    RootScope scope(worker);
    co_await Enter{scope};

    std::exception_ptr failure;
    try {
        auto* whole = dynamic_cast<DatagramProtocol*>(&self.Protocol());
        auto handler = whole != nullptr ? whole->ProcedureSocket(socket) : self.Receive(socket);
        co_await std::move(handler);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) worker.Core().Report(0, failure);

    co_await PeersGone{self};
    self.waiting_for_peers_ = {};
    worker.Remove(self);
}

Task<> DatagramListener::Receive(DatagramSocket& socket) {
    for (bool failed = false;;) {
        if (failed) co_await Sleep(home_, kRetryPause);
        try {
            Datagram datagram = co_await socket.RecvFrom();
            if (datagram.Why() == Outcome::Stopped) co_return;
            failed = !datagram;
            if (datagram) Sort(std::move(datagram));
        } catch (const std::bad_alloc&) {
            CountNoMemory();
            failed = true;
        }
    }
}

void DatagramListener::Sort(Datagram&& datagram) {
    const auto known = peers_.find(datagram.From());
    if (known != peers_.end()) return Hand(known->second, std::move(datagram));
    if (const auto rule = RefusalOf(datagram.From())) {
        ++home_.Core().Count().datagrams_dropped;
        return Guard().Tell(datagram.From(), *rule);
    }
    Buffer* const first = CopyOf(datagram);
    if (first != nullptr) return Welcome(datagram.From(), first);
    Guard().Leave(datagram.From());
    CountNoMemory();
}

// Nothing: the new peer is counted as one of its address.
std::optional<Rejection> DatagramListener::RefusalOf(const Endpoint& from) {
    if (peers_.size() >= Guard().MostClients()) return Rejection::Clients;
    if (!Guard().Enter(from)) return Rejection::ClientsPerAddress;
    if (Guard().TakeAccept(home_.Now()) == std::chrono::nanoseconds::zero()) return std::nullopt;
    Guard().Leave(from);
    return Rejection::AcceptsPerSecond;
}

void DatagramListener::Welcome(const Endpoint& from, Buffer* first) noexcept {
    Worker& worker = home_.Core().LeastLoaded();
    ++worker.Load();
    try {
        const Peer peer{std::make_shared<Seat>(), &worker};
        Add(from, peer);
        if (&worker == &home_) return Begin(peer, from, first);
        // False: that worker has ended already.
        if (worker.Mail()->Post([this, peer, from, first] { Begin(peer, from, first); })) return;
    } catch (const std::bad_alloc&) {
        CountNoMemory();
    }
    first->GiveBack();
    --worker.Load();
    Guard().Leave(from);
    peers_.erase(from);
}

// With room for it among those who left, who come when there may be no memory.
void DatagramListener::Add(const Endpoint& from, const Peer& peer) {
    peers_.emplace(from, peer);
    const std::lock_guard lock(departed_mutex_);
    if (departed_.capacity() < peers_.size()) departed_.reserve(2 * peers_.size());
}

// On the worker that is to be the client's home.
void DatagramListener::Begin(const Peer& peer, const Endpoint& from, Buffer* first) noexcept {
    try {
        peer.seat->connection =
            std::make_shared<PeerConnection>(*peer.worker, socket_->Handle(), AsNamedBy(local_, from), limits_);
    } catch (const std::bad_alloc&) {
        CountNoMemory();
        first->GiveBack();
        --peer.worker->Load();
        return Left(from);
    }
    peer.seat->Deliver(first);
    BeginSession(*peer.worker, *this, peer.seat->connection, from);
}

void DatagramListener::CountNoMemory() noexcept {
    ++home_.Core().Count().refused_no_memory;
    ++home_.Core().Count().datagrams_dropped;
}

void DatagramListener::Hand(const Peer& peer, Datagram&& datagram) noexcept {
    if (peer.worker == &home_ && peer.seat->connection) return peer.seat->connection->Deliver(std::move(datagram));
    Buffer* const copy = peer.worker == &home_ ? nullptr : CopyOf(datagram);
    if (copy == nullptr) {
        ++home_.Core().Count().datagrams_dropped;
        return;
    }
    try {
        // With the seat: the client may leave meanwhile. False: its worker has ended.
        if (peer.worker->Mail()->Post([seat = peer.seat, copy] { seat->Deliver(copy); })) return;
    } catch (const std::bad_alloc&) {
        ++home_.Core().Count().datagrams_dropped;
    }
    copy->GiveBack();
}

void DatagramListener::Left(const Endpoint& remote) noexcept {
    Guard().Leave(remote);
    const std::lock_guard lock(departed_mutex_);
    departed_.push_back(remote);
    if (departed_.size() == 1) home_.Mail()->Post([this] { RemoveDeparted(); });
}

void DatagramListener::RemoveDeparted() noexcept {
    {
        const std::lock_guard lock(departed_mutex_);
        for (const Endpoint& remote : departed_) peers_.erase(remote);
        departed_.clear();
    }
    if (peers_.empty() && waiting_for_peers_) waiting_for_peers_.resume();
}

void DatagramListener::Stop() noexcept {
    if (socket_ != nullptr) socket_->Stop();
}

}  // namespace iocp::detail
