// SPDX-License-Identifier: MIT
// What Recv and its kin have in common on every transport: bytes that came and were not taken are next.
#include "buffer_pool.h"
#include "connection.h"
#include "core_state.h"
#include "misuse.h"
#include "network.h"
#include "worker.h"

#include <utility>

namespace iocp::detail {

bool RecvWait::Start(std::coroutine_handle<> coroutine, Scope* of) { return Connection::Begin(*this, coroutine, of); }

void RecvWait::Resume() {
    if (!connection->GoesOn(*this)) ConnectionWait::Resume();
}

bool Connection::Start(RecvWait& wait) {
    // A coroutine of another scope may ask, such as another client's.
    const Outcome verdict = wait.scope != nullptr ? wait.scope->Verdict() : Outcome::Ok;
    if (verdict != Outcome::Ok) return Refuse(wait, verdict);
    if (scope_.Verdict() != Outcome::Ok) return Refuse(wait, Outcome::Stopped);
    home_->Timers().MakeRoom();
    if (const RecvWait* const other = put_off_ != nullptr ? put_off_ : receiving_)
        MisuseOfTwo("two Recv at once on one client", wait.place, other->place);
    if (wait.what != Wait::For::Frame && unread_.HoldsNothing()) return StartRecv(wait);

    if (const std::size_t longest = guard_.LongestFrame(); longest > 0 && wait.what == Wait::For::Frame)
        wait.Search()->parser.LimitTo(longest);
    if (TakeUnread(wait) || !MayReceive(wait)) return !home_->SpendInline() && PutOff(wait);
    // The wait may take several receives, and has one deadline.
    wait.limit = Deadline::Until(wait.limit.From(home_->Net().Now()));
    return Receive(wait);
}

bool Connection::PutOff(RecvWait& wait) {
    put_off_ = &wait;
    home_->Timers().Arm(wait, home_->Now());
    return true;
}

bool Connection::Receive(RecvWait& wait) {
    do {
        if (StartRecv(wait)) return true;
    } while (!HasCome(wait) && MayReceive(wait));
    return false;
}

bool Connection::GoesOn(RecvWait& wait) {
    if (put_off_ == &wait) {
        put_off_ = nullptr;
        return false;
    }
    return !HasCome(wait) && MayReceive(wait) && Receive(wait);
}

void Connection::GiveUp(RecvWait& wait) noexcept {
    if (put_off_ == &wait) {
        put_off_ = nullptr;
        if (wait.buffer != nullptr) wait.buffer->GiveBack();
    }
    Abandon(wait);
}

// A receive for `wait` has ended. False: its frame needs more.
bool Connection::HasCome(RecvWait& wait) noexcept {
    if (wait.what != Wait::For::Frame) return true;
    if (Buffer* const came = std::exchange(wait.buffer, nullptr)) unread_.Add(*came, wait.result.size());
    return !wait.result || TakeUnread(wait);
}

// False: `wait` has ended instead.
bool Connection::MayReceive(RecvWait& wait) noexcept {
    Outcome end = wait.cut;
    if (end == Outcome::Ok && scope_.Verdict() != Outcome::Ok)
        end = Outcome::Stopped;
    else if (KeepsBoundaries() && !unread_.IsEmpty())
        end = Outcome::Closed;
    else if (end == Outcome::Ok && wait.suspended && wait.limit.From(home_->Now()) <= home_->Now())
        end = Outcome::Timeout;
    else if (end == Outcome::Ok && !unread_.Settle(wait.what == Wait::For::Frame ? wait.Search()->parser.Most() : 0))
        end = Outcome::Full;
    wait.result = Result(end);
    return end == Outcome::Ok;
}

bool Connection::TakeUnread(RecvWait& wait) noexcept {
    if (wait.what == Wait::For::Frame) return TakeFrame(wait);
    if (unread_.IsEmpty()) return false;
    if (const auto memory = wait.Memory(); !memory.empty()) {
        wait.result = Result(Outcome::Ok, unread_.TakeInto(memory));
        return true;
    }
    wait.buffer = &unread_.TakePiece();
    wait.result = Result(Outcome::Ok, wait.buffer->size);
    return true;
}

bool Connection::TakeFrame(RecvWait& wait) noexcept {
    FrameParser& parser = wait.Search()->parser;
    switch (unread_.Search(parser)) {
        case FrameParser::Verdict::More: return false;
        case FrameParser::Verdict::TooLong:
            ++home_->Core().Count().frames_too_long;
            if (parser.IsLimited()) guard_.FrameTooLong(*this);
            wait.result = Result(Outcome::TooLong);
            return true;
        case FrameParser::Verdict::Whole: break;
    }
    const auto bytes = unread_.Take(parser.Seen());
    wait.result = bytes ? Result(Outcome::Ok, parser.Size()) : Result(Outcome::Full);
    if (bytes) wait.Search()->frame = bytes->data() + parser.Begin();
    return true;
}

Frame Connection::Unfinished(const Result& why) noexcept {
    const auto bytes = unread_.Gather();
    return Frame(Result(why.Why(), bytes.size(), why.NativeCode()), bytes.data());
}

}  // namespace iocp::detail
