// SPDX-License-Identifier: MIT
#include "misuse.h"
#include "worker.h"

#include <iocp/wait.h>

#include <algorithm>

namespace iocp::detail {

namespace {

// A handler that goes on asking after this many refusals never will return.
constexpr unsigned kMostRefusals = 1'000;

constexpr std::chrono::milliseconds kBetweenLooks{10};  // at a token

Worker& MustBeOnAWorker(const Place& place = {}) {
    Worker* const worker = Worker::Current();
    if (worker == nullptr) Misuse("a wait outside a coroutine of a core", place);
    return *worker;
}

}  // namespace

void Wait::Resume() {
    LeaveScope();
    suspended = false;
    const Activity::Running running(scope != nullptr ? scope->client : ClientTag(), place);
    waiter.resume();
}

void Wait::JoinScope() noexcept {
    if (scope == nullptr) return;
    if (scope->waiting_ != nullptr)
        MisuseOfTwo("two waits at once in one scope: iocp::All and Race await tasks together", place,
                    scope->waiting_->place);
    scope->waiting_ = this;
    in_scope = true;
}

InnerScope::InnerScope(Scope* parent) noexcept : parent_(parent) {
    if (parent == nullptr) return;
    is_inside_ = true;
    client = parent->client;
    verdict_ = parent->verdict_;
    verdict_on_sends_ = parent->verdict_on_sends_;
    next_ = parent->first_inside_;
    if (next_ != nullptr) next_->previous_ = this;
    parent->first_inside_ = this;
}

InnerScope::~InnerScope() {
    if (parent_ == nullptr) return;
    (previous_ != nullptr ? previous_->next_ : parent_->first_inside_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
}

void Scope::Stop() noexcept {
    if (verdict_ != Outcome::Ok) return;
    verdict_ = Outcome::Stopped;
    if (waiting_ != nullptr && !waiting_->IsSend()) waiting_->EndAs(Outcome::Stopped);
    for (InnerScope* inside = first_inside_; inside != nullptr; inside = inside->next_) inside->Stop();
}

void Scope::End(Outcome why) noexcept {
    if (verdict_on_sends_ != Outcome::Ok) return;
    verdict_on_sends_ = why;
    if (verdict_ == Outcome::Ok) verdict_ = why;
    if (waiting_ != nullptr) waiting_->EndAs(why);
    for (InnerScope* inside = first_inside_; inside != nullptr; inside = inside->next_) inside->End(why);
}

std::coroutine_handle<> Scope::CountRefusal() noexcept {
    Scope* at = this;
    while (!at->root_ && at->is_inside_) at = static_cast<InnerScope*>(at)->parent_;
    return ++at->refusals_ == kMostRefusals ? at->root_ : nullptr;
}

Pause::Pause(Request duration, Deadline at_most) noexcept : Wait(For::Event, at_most), request_(duration) {}

Pause::~Pause() {
    if (!suspended) return;
    LeaveScope();
    worker_->Timers().Disarm(*this);
}

bool Pause::Start(std::coroutine_handle<> coroutine, Scope* of) {
    worker_ = &MustBeOnAWorker(place);
    waiter = coroutine;
    scope = of;
    suspended = true;
    if (scope != nullptr && scope->Verdict() != Outcome::Ok)
        return suspended = worker_->Refuse(*this, scope->Verdict());
    const auto now = worker_->Net().Now();
    const auto ends = Deadline::Within(request_).From(now);
    const auto cut_at = limit.From(now);
    if (cut_at < ends) result = Result(Outcome::Timeout);
    worker_->Timers().Arm(*this, std::min(ends, cut_at));
    JoinScope();
    return true;
}

void Pause::OnDue() noexcept {
    if (cut != Outcome::Ok) result = Result(cut);
    Resume();
}

void Pause::EndAs(Outcome why) noexcept { worker_->EndSoon(*this, why); }

BoundedScope::BoundedScope(Scope* parent, const Bounds& bounds)
    : InnerScope(parent),
      worker_(MustBeOnAWorker()),
      token_(bounds.token),
      due_(bounds.limit.From(worker_.Net().Now())) {
    Look();
}

BoundedScope::~BoundedScope() { worker_.Timers().Disarm(*this); }

// A token is asked again and again: its callbacks would run on the thread of whoever stops it, and hang with MinGW's
// GCC 12.
void BoundedScope::Look() {
    if (token_.stop_requested()) return End(Outcome::Stopped);
    const auto now = worker_.Net().Now();
    if (now >= due_) return End(Outcome::Timeout);
    const auto next = token_.stop_possible() ? std::min(due_, now + kBetweenLooks) : due_;
    if (next != Clock::time_point::max()) worker_.Timers().Arm(*this, next);
}

}  // namespace iocp::detail
