// SPDX-License-Identifier: MIT
#include "stream_connection.h"

#include "core_state.h"
#include "socket.h"
#include "worker.h"

#include <iocp/task.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace iocp::detail {

namespace {

constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;  // an operation counts in 32 bits

IOCP_Operation::Kind KindOf(const SendWait& wait) noexcept {
    return wait.what == Wait::For::SendFile ? IOCP_Operation::Kind::SendFile : IOCP_Operation::Kind::Send;
}

}  // namespace

// Receives what nobody wants any more.
class StreamConnection::Unread {
public:
    Unread(StreamConnection& connection, Deadline limit) noexcept
        : connection_(connection), wait_(&connection, limit) {}

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> linger) {
        wait_.waiter = linger;
        wait_.suspended = connection_.StartRecv(wait_);
        return wait_.suspended;
    }
    Received await_resume() noexcept { return Received(wait_.result, std::exchange(wait_.buffer, nullptr)); }

private:
    StreamConnection& connection_;
    RecvWait wait_;
};

bool StreamConnection::StartRecv(RecvWait& wait) {
    IOCP_Operation& operation = Home().Operations().Acquire(IOCP_Operation::Kind::RecvLent);
    if (const auto memory = wait.Memory(); !memory.empty()) {
        operation.kind = IOCP_Operation::Kind::Recv;
        operation.data = memory.data();
        operation.size = static_cast<std::uint32_t>(std::min(memory.size(), kMostAtOnce));
    }
    operation.socket = socket_;
    operation.eager = talks_;
    operation.bulk = bulk_;
    operation.owner = &wait;
    operation.completed = &OnRecvEnded;
    wait.operation = &operation;
    receiving_ = &wait;

    if (Home().Io().Submit(operation) == Submission::Pending) {
        Guard().WaitBegins();
        ArmDeadline(wait);
        return true;
    }
    if (!Home().SpendInline()) {
        Home().Defer(operation);
        return true;
    }
    FinishRecv(wait);
    return false;
}

void StreamConnection::OnRecvEnded(IOCP_Operation& operation) noexcept {
    RecvWait& wait = *static_cast<RecvWait*>(operation.owner);
    static_cast<StreamConnection*>(wait.connection)->FinishRecv(wait);
    wait.Resume();
}

void StreamConnection::FinishRecv(RecvWait& wait) noexcept {
    IOCP_Operation& operation = *std::exchange(wait.operation, nullptr);
    receiving_ = nullptr;
    Guard().WaitEnds(operation.transferred);
    Home().Timers().Disarm(wait);
    talks_ = operation.transferred > 0;
    bulk_ = operation.transferred >= IOCP_Operation::kBulk;
    wait.buffer = std::exchange(operation.buffer, nullptr);
    if (talks_)
        wait.result = Result(Outcome::Ok, operation.transferred);
    else
        EndsWithoutBytes(wait, operation);
    Home().Operations().Release(operation);
}

void StreamConnection::EndsWithoutBytes(RecvWait& wait, const IOCP_Operation& operation) noexcept {
    if (operation.native_code == 0) {
        // The system tells of a broken connection only once; after that it says that the stream has ended.
        wait.result = Result(broken_ ? Outcome::Reset : Outcome::Closed);
        peer_ended_ = true;
    } else {
        wait.result = FailureOf(wait, operation);
    }
    broken_ = broken_ || wait.result.Why() == Outcome::Reset;
    if (wait.result.Why() == Outcome::Full) ++Home().Core().Count().receive_buffers_out;
}

void StreamConnection::OnDue(RecvWait& wait) noexcept {
    if (wait.operation != nullptr)
        EndWait(wait, Outcome::Timeout);
    else
        wait.Resume();  // it was refused
}

void StreamConnection::Abandon(RecvWait& wait) noexcept {
    Home().Timers().Disarm(wait);
    if (wait.operation == nullptr) return;
    receiving_ = nullptr;
    Guard().WaitEnds(0);
    Home().Abandon(*wait.operation);
}

bool StreamConnection::StartSend(SendWait& wait) {
    if (IsClosed() || finishing_) return Refuse(wait, Outcome::Stopped);
    if (send_failure_ != Outcome::Ok) return Refuse(wait, send_failure_);

    if (sending_ == nullptr && SendsAtOnce(wait)) return false;
    Home().Timers().MakeRoom();
    if (sending_ != nullptr) {
        JoinQueue(wait);
        ArmDeadline(wait);
        return true;
    }
    TakeOperation(wait);
    while (!SubmitSend(wait)) {
        if (!Home().SpendInline()) {
            JoinQueue(wait);
            Home().Defer(*wait.operation);
            return true;
        }
        if (FinishSend(wait)) return false;
    }
    JoinQueue(wait);
    ArmDeadline(wait);
    return true;
}

bool StreamConnection::SendsAtOnce(SendWait& wait) noexcept {
    if (wait.what != Wait::For::Send || !Home().MaySpendInline()) return false;
    const auto went = Home().Io().SendAtOnce(socket_, {wait.data, std::min(wait.left, kMostAtOnce)});
    if (went == 0) return false;
    if (went < 0) {
        const int code = static_cast<int>(-went);
        EndSend(wait, Result(OutcomeOf(code), 0, code));
    } else {
        wait.result = Result(Outcome::Ok, static_cast<std::size_t>(went));
        wait.Advance(wait.result.size());
        if (wait.left > 0) return false;
    }
    return Home().SpendInline();
}

void StreamConnection::TakeOperation(SendWait& wait) {
    IOCP_Operation& operation = Home().Operations().Acquire(KindOf(wait));
    operation.socket = socket_;
    operation.part = wait.Part();
    operation.owner = &wait;
    operation.completed = &OnSendEnded;
    wait.operation = &operation;
}

bool StreamConnection::SubmitSend(SendWait& wait) {
    IOCP_Operation& operation = *wait.operation;
    if (operation.kind == IOCP_Operation::Kind::Send)
        operation.data = const_cast<std::byte*>(wait.data);  // a Send only reads
    operation.size = static_cast<std::uint32_t>(std::min(wait.left, kMostAtOnce));
    operation.transferred = 0;
    operation.native_code = 0;
    return Home().Io().Submit(operation) == Submission::Pending;
}

bool StreamConnection::FinishSend(SendWait& wait) noexcept {
    IOCP_Operation& operation = *wait.operation;
    const std::size_t sent = wait.result.size() + operation.transferred;
    wait.Advance(operation.transferred);
    if (operation.native_code == 0 && wait.left == 0)
        wait.result = Result(Outcome::Ok, sent);
    else if (!EndsShort(wait, sent))
        return false;
    Home().Timers().Disarm(wait);
    Home().Operations().Release(*std::exchange(wait.operation, nullptr));
    return true;
}

bool StreamConnection::EndsShort(SendWait& wait, std::size_t sent) noexcept {
    const IOCP_Operation& operation = *wait.operation;
    if (operation.native_code != 0) {
        const Result failure = FailureOf(wait, operation);
        EndSend(wait, Result(failure.Why(), sent, failure.NativeCode()));
        return true;
    }
    wait.result = Result(Outcome::Ok, sent);
    const bool file_ended = operation.kind == IOCP_Operation::Kind::SendFile && operation.transferred == 0;
    if (wait.cut == Outcome::Ok && !file_ended) return false;
    EndSend(wait, Result(file_ended ? Outcome::TooLong : wait.cut, sent));
    return true;
}

void StreamConnection::EndSend(SendWait& wait, const Result& failure) noexcept {
    wait.result = failure;
    if (failure.size() > 0 || failure.Why() == Outcome::Reset) send_failure_ = failure.Why();
    broken_ = broken_ || failure.Why() == Outcome::Reset;
}

void StreamConnection::OnSendEnded(IOCP_Operation& operation) noexcept {
    SendWait& wait = *static_cast<SendWait*>(operation.owner);
    auto& self = *static_cast<StreamConnection*>(wait.connection);
    if (!self.FinishSend(wait)) {
        if (!self.SubmitSend(wait)) self.Home().Defer(operation);
        return;
    }
    self.LeaveQueue(wait);
    self.SendNext();
    wait.Resume();
}

void StreamConnection::JoinQueue(SendWait& wait) noexcept {
    (sending_ == nullptr ? sending_ : last_sending_->next) = &wait;
    last_sending_ = &wait;
}

bool StreamConnection::LeaveQueue(SendWait& wait) noexcept {
    SendWait* before = nullptr;
    for (SendWait* at = sending_; at != &wait; at = at->next) {
        if (at == nullptr) return false;
        before = at;
    }
    (before == nullptr ? sending_ : before->next) = wait.next;
    if (last_sending_ == &wait) last_sending_ = before;
    wait.next = nullptr;
    return true;
}

void StreamConnection::FinishSending() noexcept {
    if (std::exchange(finishing_, true) || IsClosed()) return;
    SendNext();
}

void StreamConnection::SendNext() noexcept {
    if (sending_ == nullptr && finishing_ && !IsClosed()) Home().Net().ShutdownSend(socket_);
    if (sending_ == nullptr || sending_->operation != nullptr || sending_->cut != Outcome::Ok) return;
    if (send_failure_ != Outcome::Ok) {
        for (SendWait* at = sending_; at != nullptr; at = at->next) EndWait(*at, send_failure_);
        return;
    }
    TakeOperation(*sending_);
    if (!SubmitSend(*sending_)) Home().Defer(*sending_->operation);
}

void StreamConnection::OnDue(SendWait& wait) noexcept {
    if (wait.cut == Outcome::Ok && !wait.limit.IsSet()) ++Home().Core().Count().sends_timed_out;
    if (wait.operation != nullptr) return EndWait(wait, Outcome::Timeout);
    if (LeaveQueue(wait)) {
        wait.result = Result(wait.cut != Outcome::Ok ? wait.cut : Outcome::Timeout);
        SendNext();
    }
    wait.Resume();
}

void StreamConnection::Abandon(SendWait& wait) noexcept {
    Home().Timers().Disarm(wait);
    if (!LeaveQueue(wait)) return;
    if (wait.operation != nullptr) {
        Home().Abandon(*wait.operation);
        send_failure_ = Outcome::Stopped;  // nobody knows how much of it left
    }
    SendNext();
}

void StreamConnection::EndWaits(bool sends_too) noexcept {
    EndRecv(Outcome::Stopped);
    if (!sends_too) return;
    for (SendWait* at = sending_; at != nullptr; at = at->next) EndWait(*at, Outcome::Stopped);
}

void StreamConnection::EndRecv(Outcome why) noexcept {
    if (receiving_ != nullptr && !lingering_) EndWait(*receiving_, why);
}

Endpoint StreamConnection::Local() const noexcept { return Home().Net().LocalEndpoint(socket_); }

void StreamConnection::Cut() noexcept {
    CloseHere();
    cut_ = true;
    if (receiving_ != nullptr) EndWait(*receiving_, Outcome::Stopped);
}

bool StreamConnection::MustLinger() const noexcept {
    return !WasSentAway() && !peer_ended_ && !broken_ && !cut_ && send_failure_ == Outcome::Ok;
}

Task<void> StreamConnection::Linger(std::chrono::milliseconds limit) {
    // Whoever still holds the client finds it ended.
    OwnScope().BelongsTo({});
    CloseHere();
    while (receiving_ != nullptr) co_await Sleep(Home(), {});

    lingering_ = true;
    Home().Net().ShutdownSend(socket_);
    const auto until = After(Home().Net().Now(), limit);
    for (bool more = !cut_; more;) {
        const Received unread = co_await Unread(*this, Deadline::Until(until));
        more = static_cast<bool>(unread);
    }
}

void StreamConnection::LetGo() noexcept { Home().Io().Close(std::exchange(socket_, kNoSocket)); }

}  // namespace iocp::detail
