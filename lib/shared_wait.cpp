// SPDX-License-Identifier: MIT
#include "inbox.h"
#include "misuse.h"
#include "worker.h"

#include <iocp/shared_wait.h>

namespace iocp::detail {

SharedWait::SharedWait(WaitSource& source, void* value, Deadline at_most) noexcept
    : Wait(For::Event, at_most), slot(value), source_(source) {}

SharedWait::~SharedWait() {
    if (!suspended) return;
    LeaveScope();
    worker_->Timers().Disarm(*this);
    if (!granted_ && source_.GiveUp(*this)) return;
    if (!granted_) inbox_->Forget(*this);
    if (cut == Outcome::Ok) source_.TakeBack(*this);
}

bool SharedWait::Start(std::coroutine_handle<> coroutine, Scope* of) {
    worker_ = Worker::Current();
    if (worker_ == nullptr) Misuse("a wait outside a coroutine of a core", place);
    inbox_ = worker_->Mail().get();
    waiter = coroutine;
    scope = of;
    if (scope != nullptr && scope->Verdict() != Outcome::Ok) {
        granted_ = suspended = worker_->Refuse(*this, scope->Verdict());
        return suspended;
    }
    const auto ends = limit.From(worker_->Net().Now());
    suspended = true;  // from here on it may be granted at any time
    if (source_.TakeOrQueue(*this)) {
        result = Result(how_);
        if (worker_->SpendInline()) return suspended = false;
        granted_ = true;
        worker_->Timers().Arm(*this, worker_->Now());  // others first
    } else if (ends != Clock::time_point::max()) {
        worker_->Timers().Arm(*this, ends);
    }
    JoinScope();
    return true;
}

void SharedWait::EndAs(Outcome why) noexcept {
    if (granted_ || !source_.GiveUp(*this)) return;
    granted_ = true;
    worker_->EndSoon(*this, why);
}

void SharedWait::Grant(Outcome how) noexcept {
    how_ = how;
    inbox_->Resume(*this);
}

void SharedWait::OnGranted() noexcept {
    worker_->Timers().Disarm(*this);
    result = Result(how_);
    Resume();
}

void SharedWait::OnDue() noexcept {
    if (granted_) {
        if (cut != Outcome::Ok) result = Result(cut);
    } else if (source_.GiveUp(*this)) {
        result = Result(Outcome::Timeout);
    } else {
        return;  // its grant is in the inbox
    }
    Resume();
}

void WaitQueue::Push(SharedWait& wait) noexcept {
    wait.before_ = last_;
    wait.behind_ = nullptr;
    (last_ == nullptr ? first_ : last_->behind_) = &wait;
    last_ = &wait;
    wait.queue_ = this;
}

SharedWait& WaitQueue::Pop() noexcept {
    SharedWait& wait = *first_;
    Remove(wait);
    return wait;
}

bool WaitQueue::Remove(SharedWait& wait) noexcept {
    if (wait.queue_ != this) return false;
    (wait.before_ == nullptr ? first_ : wait.before_->behind_) = wait.behind_;
    (wait.behind_ == nullptr ? last_ : wait.behind_->before_) = wait.before_;
    wait.queue_ = nullptr;
    return true;
}

}  // namespace iocp::detail
