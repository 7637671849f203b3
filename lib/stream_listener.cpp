// SPDX-License-Identifier: MIT
#include "stream_listener.h"

#include "attach.h"
#include "core_state.h"
#include "door_guard.h"
#include "operation_wait.h"
#include "socket.h"
#include "stream_connection.h"
#include "worker.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <new>
#include <utility>

namespace iocp::detail {

namespace {

bool IsPending(const IOCP_Operation* operation) noexcept { return operation->state == IOCP_Operation::State::Pending; }

}  // namespace

// Suspends an accept loop until a client leaves.
struct StreamListener::SlotFree {
    StreamListener& listener;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> loop) {
        listener.waiting_.push_back(loop);
        listener.waiting_for_slot_ = true;
        // A slot given back before the flag was seen would wake nobody.
        if (listener.slots_taken_ >= listener.Guard().MostClients()) return true;
        listener.waiting_.pop_back();
        return false;
    }
    void await_resume() const noexcept {}
};

// Suspends an accept loop that has a client, until that may come in. Yields whether it may: not after a stop.
struct StreamListener::ItsTurn {
    StreamListener& listener;
    std::chrono::nanoseconds wait{};

    bool await_ready() noexcept {
        if (!listener.paced_.empty()) return false;  // others came before
        wait = listener.Guard().TakeAccept(listener.home_.Now());
        return wait == std::chrono::nanoseconds::zero();
    }
    void await_suspend(std::coroutine_handle<> loop) {
        ++listener.home_.Core().Count().accepts_delayed;
        if (listener.paced_.empty()) listener.Pace(wait);
        listener.paced_.push_back(loop);
    }
    bool await_resume() const noexcept { return !listener.stopped_; }
};

StreamListener::StreamListener(Worker& home, const Listener& settings, SocketHandle socket, DoorGuard& guard,
                               AcceptDepth depth)
    : Door(settings, guard), home_(home), socket_(socket), depth_(depth) {
    waiting_.reserve(depth_.most);
    paced_.reserve(depth_.most);
    pending_.reserve(depth_.most);
}

StreamListener::~StreamListener() {
    if (socket_ != kNoSocket) home_.Net().CloseSocket(socket_);
}

void StreamListener::Open() {
    // The backlog holds the clients meanwhile.
    AttachListener(home_, socket_, SocketRole::Listener, [this] {
        home_.Add(*this);
        while (loops_ < depth_.least) BeginLoop();
    });
}

Detached StreamListener::AcceptLoop(Worker& worker, StreamListener& self, OperationWait accept) {
    ++self.loops_;
    while (!self.stopped_) {
        if (!self.TakeSlot()) {
            self.CountFull();
            co_await SlotFree{self};
            continue;
        }
        self.full_ = false;
        accept->socket = self.socket_;
        accept->native_code = 0;
        self.pending_.push_back(&*accept);
        co_await accept;
        self.pending_.erase(std::find(self.pending_.begin(), self.pending_.end(), &*accept));

        if (accept->native_code == 0) {
            self.AdaptDepth();
            const SocketHandle socket = std::exchange(accept->Far().accepted, kNoSocket);
            const Endpoint remote = accept->Far().endpoint;
            if (!self.Enter(socket, remote)) continue;
            if (co_await ItsTurn{self})
                self.LetIn(socket, remote);
            else
                self.LeaveUnseen(socket, remote);
            continue;
        }
        self.GiveSlotBack();
        if (self.stopped_) break;
        ++worker.Core().Count().accept_retries;
        if (!IsClientGone(accept->native_code)) co_await Sleep(worker, kRetryPause);
    }
    --self.loops_;
}

// The last pending accept was taken: clients come faster than accepts are renewed.
void StreamListener::AdaptDepth() noexcept {
    if (depth_.least == depth_.most || std::any_of(pending_.begin(), pending_.end(), IsPending)) return;
    const unsigned wanted = std::min(loops_ * 2, depth_.most);
    try {
        while (loops_ < wanted) BeginLoop();
    } catch (const std::bad_alloc&) {
        return;  // as many as there are, until it is tried again
    }
}

void StreamListener::BeginLoop() { AcceptLoop(home_, *this, OperationWait(home_, IOCP_Operation::Kind::Accept)); }

// Counts the client. False: it has been turned away.
bool StreamListener::Enter(SocketHandle socket, const Endpoint& remote) noexcept {
    try {
        if (Guard().Enter(remote)) return true;
        TurnAway(socket, remote);
    } catch (const std::bad_alloc&) {
        ++home_.Core().Count().refused_no_memory;
        home_.Net().CloseSocket(socket);
        GiveSlotBack();
    }
    return false;
}

void StreamListener::LetIn(SocketHandle socket, const Endpoint& remote) noexcept {
    Worker& worker = home_.Core().LeastLoaded();
    ++worker.Load();
    if (&worker == &home_) return Begin(worker, socket, remote);
    try {
        // False: that worker has ended already.
        if (worker.Mail()->Post([this, &worker, socket, remote] { Begin(worker, socket, remote); })) return;
    } catch (const std::bad_alloc&) {
        ++home_.Core().Count().refused_no_memory;
    }
    --worker.Load();
    LeaveUnseen(socket, remote);
}

// On the worker that is to be the client's home.
void StreamListener::Begin(Worker& worker, SocketHandle socket, const Endpoint& remote) noexcept {
    if (worker.Io().Attach(socket, SocketRole::Stream) != 0) {
        --worker.Load();
        return LeaveUnseen(socket, remote);
    }
    std::shared_ptr<StreamConnection> connection;
    try {
        connection = std::make_shared<StreamConnection>(worker, socket);
    } catch (const std::bad_alloc&) {
        ++home_.Core().Count().refused_no_memory;
        --worker.Load();
        worker.Io().Close(socket);
        return Left(remote);
    }
    BeginSession(worker, *this, std::move(connection), remote);
}

void StreamListener::LeaveUnseen(SocketHandle socket, const Endpoint& remote) noexcept {
    home_.Net().CloseSocket(socket);
    Left(remote);
}

void StreamListener::TurnAway(SocketHandle socket, const Endpoint& remote) noexcept {
    Guard().Tell(remote, Rejection::ClientsPerAddress);  // first, so that who sees the end finds it counted
    home_.Net().ResetSocket(socket);
    GiveSlotBack();
}

bool StreamListener::TakeSlot() noexcept {
    std::size_t taken = slots_taken_;
    while (taken < Guard().MostClients())
        if (slots_taken_.compare_exchange_weak(taken, taken + 1)) return true;
    return false;
}

// Several accepts may wait for a slot; the listener is full when none of them has one.
void StreamListener::CountFull() noexcept {
    if (full_ || !pending_.empty()) return;
    full_ = true;
    ++home_.Core().Count().listeners_full;
}

void StreamListener::GiveSlotBack() noexcept {
    --slots_taken_;
    if (waiting_for_slot_) home_.Mail()->Post([this] { WakeOne(); });
}

void StreamListener::WakeOne() noexcept {
    if (waiting_.empty()) return;
    const auto loop = waiting_.front();
    waiting_.erase(waiting_.begin());
    waiting_for_slot_ = !waiting_.empty();
    loop.resume();
}

void StreamListener::Pace(std::chrono::nanoseconds wait) {
    if (!pace_.Armed()) home_.Timers().Arm(pace_, home_.Now() + wait);
}

void StreamListener::WakePaced() noexcept {
    while (!paced_.empty()) {
        const auto wait = Guard().TakeAccept(home_.Now());
        if (wait > std::chrono::nanoseconds::zero()) return Pace(wait);
        const auto loop = paced_.front();
        paced_.erase(paced_.begin());
        loop.resume();
    }
}

void StreamListener::WakeAll() noexcept {
    for (std::size_t left = waiting_.size(); left > 0; --left) WakeOne();
    if (!stopped_) {
        home_.Timers().Disarm(pace_);
        return WakePaced();
    }
    while (!paced_.empty()) {
        const auto loop = paced_.front();
        paced_.erase(paced_.begin());
        loop.resume();
    }
}

void StreamListener::Left(const Endpoint& remote) noexcept {
    Guard().Leave(remote);
    GiveSlotBack();
}

void StreamListener::LimitsChanged() noexcept {
    home_.Mail()->Post([this] { WakeAll(); });
}

void StreamListener::Stop() noexcept {
    stopped_ = true;
    for (IOCP_Operation* accept : pending_) {
        if (!IsPending(accept)) continue;
        accept->cancel_requested = true;
        home_.Io().Cancel(*accept);
    }
    home_.Io().Close(std::exchange(socket_, kNoSocket));
    home_.Remove(*this);
    home_.Timers().Disarm(pace_);
    home_.Mail()->Post([this] { WakeAll(); });
}

}  // namespace iocp::detail
