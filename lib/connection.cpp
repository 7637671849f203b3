// SPDX-License-Identifier: MIT
#include "connection.h"

#include "core_state.h"
#include "inbox.h"
#include "misuse.h"
#include "socket.h"
#include "worker.h"

#include <chrono>
#include <exception>
#include <new>
#include <utility>

namespace iocp::detail {

Connection::Connection(Worker& home) : home_(&home), inbox_(home.Mail()), counters_(&home.Core().Count()) {
    home.Add(*this);
}

Connection::~Connection() {
    Outbox* const outbox = outbox_;
    if (outbox != &Outbox::Closed()) delete outbox;
}

void Connection::CloseHere() noexcept {
    if (closed_) return;
    closed_ = true;
    stop_.request_stop();
    scope_.End(Outcome::Stopped);
    EndWaits(true);
}

void Connection::CloseFromAnywhere(const std::shared_ptr<IOCP_Client>& client) noexcept {
    if (close_asked_.exchange(true)) return;
    // Always by message: a close by the handler itself must not end waits in the middle of what it is doing.
    inbox_->Post([this, client] {
        if (!ended_) CloseHere();
    });
}

void Connection::End() noexcept {
    if (ended_) return;
    guard_.Rest();
    Retire();
    CloseHere();
    LetGo();
    unread_.Drop();
    ended_ = true;
    home_->Remove(*this);
}

void Connection::SendAway() noexcept {
    EndRecv(Outcome::Timeout);
    Stop();
}

Task<void> Connection::Linger(std::chrono::milliseconds) { co_return; }

void Connection::Stop() noexcept {
    stop_.request_stop();
    scope_.Stop();
    EndWaits(false);
}

// One of the client's coroutines beside the handler, from its start until its frame is gone.
class Connection::Child {
public:
    explicit Child(Connection& of) noexcept : scope(&of.scope_), connection_(of), next_(of.children_) {
        if (next_ != nullptr) next_->previous_ = this;
        connection_.children_ = this;
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        (previous_ != nullptr ? previous_->next_ : connection_.children_) = next_;
        if (next_ != nullptr) next_->previous_ = previous_;
        if (connection_.children_ == nullptr && connection_.waiting_for_children_ != nullptr)
            connection_.waiting_for_children_->AllGone();
    }

    InnerScope scope;

private:
    Connection& connection_;
    Child* previous_ = nullptr;
    Child* next_;
};

std::stop_token Connection::StopToken() {
    if (!stop_.stop_possible()) {
        stop_ = std::stop_source();
        if (scope_.Verdict() != Outcome::Ok) stop_.request_stop();
    }
    return stop_.get_token();
}

void Connection::RunChild(std::uint64_t client_id, Task<> task) {
    if (retired_) Misuse("Spawn on a client whose handler has ended");
    const Activity::Running started(client_id, {});
    Run(*home_, *this, client_id, std::move(task));
}

void Connection::Retire() noexcept {
    if (retired_) return;
    const TasksMayGo tasks_of_children;
    while (children_ != nullptr) children_->scope.Root().destroy();
    retired_ = true;
    Outbox* outbox = nullptr;
    if (!outbox_.compare_exchange_strong(outbox, &Outbox::Closed())) outbox->Close();
}

// Several threads may be the first.
Outbox& Connection::TheOutbox() {
    if (Outbox* const outbox = outbox_) return *outbox;
    auto made = std::make_unique<Outbox>(counters_, PostLimits{most_posted_bytes_, when_posts_are_full_});
    Outbox* outbox = nullptr;
    return outbox_.compare_exchange_strong(outbox, made.get()) ? *made.release() : *outbox;
}

Result Connection::Post(SharedBytes bytes, IOCP_Client& client) {
    const Outbox::Verdict verdict = TheOutbox().Post(std::move(bytes));
    if (verdict.disconnect) client.Close();
    if (!verdict.begin) return verdict.result;
    if (Worker::Current() == home_) {
        SeeToOutbox();
        return verdict.result;
    }
    // The client keeps the connection alive on the way.
    const bool posted = inbox_->Post([this, keep = client.shared_from_this()] {
        if (!retired_) SeeToOutbox();
    });
    return posted ? verdict.result : Result(Outcome::Closed);
}

void Connection::SeeToOutbox() noexcept {
    if (emptying_outbox_) return;
    try {
        EmptyOutbox(*home_, *this);
    } catch (const std::bad_alloc&) {
        CloseHere();
    }
}

// One of the client's children, so that the client waits for it.
Detached Connection::EmptyOutbox(Worker&, Connection& self) {
    self.emptying_outbox_ = true;
    Child child(self);
    co_await Enter{child.scope};
    try {
        SharedBytes bytes;
        while (self.TheOutbox().Take(bytes, self.IsStream())) {
            SendAwaitable send({&self, bytes.Bytes()});
            static_cast<void>(co_await send);  // what fails ends the box with the client
        }
    } catch (const std::bad_alloc&) {
        self.CloseHere();
    }
    self.emptying_outbox_ = false;
}

Detached Connection::Run(Worker& worker, Connection& self, std::uint64_t client_id, Task<> task) {
    Child child(self);
    Task<> running = std::move(task);  // to be destroyed before the child's scope
    co_await Enter{child.scope};

    std::exception_ptr failure;
    try {
        co_await running;
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) co_return;
    worker.Core().Report(client_id, failure);
    self.CloseHere();
}

Connection::ChildrenGone Connection::EndChildren(std::chrono::milliseconds limit) {
    stop_.request_stop();
    scope_.Stop();
    // The message that another thread's post has sent may still be on its way.
    if (outbox_ != nullptr) SeeToOutbox();
    return {*this, limit};
}

Connection::ChildrenGone::ChildrenGone(Connection& connection, std::chrono::milliseconds limit) noexcept
    : connection_(connection), limit_(limit) {}

Connection::ChildrenGone::~ChildrenGone() {
    connection_.home_->Timers().Disarm(*this);
    connection_.waiting_for_children_ = nullptr;
}

void Connection::ChildrenGone::await_suspend(std::coroutine_handle<DetachedPromise> session) {
    session.promise().EndsAfterOthers();
    session_ = session;
    connection_.waiting_for_children_ = this;
    connection_.home_->Timers().Arm(*this, After(connection_.home_->Net().Now(), limit_));
}

void Connection::ChildrenGone::AllGone() noexcept {
    TimerQueue& timers = connection_.home_->Timers();
    timers.Disarm(*this);
    timers.Arm(*this, connection_.home_->Now());
}

void Connection::ChildrenGone::OnDue() noexcept {
    if (connection_.children_ == nullptr) return session_.resume();
    connection_.CloseHere();
}

void Connection::MustBeInUse(const Place& place) const noexcept {
    if (retired_) return TellOfMisuse("Recv or Send on a client whose handler has ended", place);
    if (Worker::Current() != home_) Misuse("Recv or Send on a client of another worker", place);
}

bool SendWait::Start(std::coroutine_handle<> coroutine, Scope* of) { return Connection::Begin(*this, coroutine, of); }

bool Connection::Start(SendWait& wait) {
    const Outcome verdict = wait.scope != nullptr ? wait.scope->VerdictOnSends() : Outcome::Ok;
    return verdict != Outcome::Ok ? Refuse(wait, verdict) : StartSend(wait);
}

bool Connection::Refuse(Wait& wait, Outcome outcome) {
    if (!ended_) return home_->Refuse(wait, outcome);
    wait.result = Result(outcome);
    return false;
}

void Connection::EndWait(ConnectionWait& wait, Outcome why) noexcept {
    if (wait.operation == nullptr) return home_->EndSoon(wait, why);
    if (wait.cut != Outcome::Ok) return;
    wait.cut = why;
    home_->Timers().Disarm(wait);
    IOCP_Operation& operation = *wait.operation;
    if (operation.state != IOCP_Operation::State::Pending) return;
    operation.cancel_requested = true;
    home_->Io().Cancel(operation);
}

void Connection::ArmItsDeadline(Wait& wait) {
    // Not from the beginning of the turn, from which a deadline would be early by what the turn has taken so far.
    const Deadline limit = wait.IsSend() && !wait.limit.IsSet() ? guard_.SendLimit() : wait.limit;
    if (!limit.IsSet()) return;
    const auto due = limit.From(home_->Net().Now());
    if (due != Clock::time_point::max()) home_->Timers().Arm(wait, due);
}

Result Connection::FailureOf(const Wait& wait, const IOCP_Operation& operation) noexcept {
    if (wait.cut != Outcome::Ok && IsCancelled(operation.native_code)) return Result(wait.cut);
    return Result(OutcomeOf(operation.native_code), operation.transferred, operation.native_code);
}

void Introduction::Bind(IOCP_Client& client, std::shared_ptr<Connection> connection, const Endpoint& remote,
                        int protocol_id, Transport transport) noexcept {
    connection->OwnScope().client = client.id_;
    client.connection_ = std::move(connection);
    client.remote_ = remote;
    client.protocol_id_ = protocol_id;
    client.transport_ = transport;
}

}  // namespace iocp::detail
