// SPDX-License-Identifier: MIT
#include "worker.h"

#include "core_state.h"
#include "datagram.h"
#include "misuse.h"
#include "recycling.h"
#include "socket.h"

#include <gsl/assert>

#include <algorithm>
#include <limits>
#include <utility>

namespace iocp::detail {

namespace {

thread_local Worker* current_worker = nullptr;

// What an operation left behind when nobody waits for it any more.
void ReleaseAbandoned(IOCP_Operation& operation) noexcept {
    Worker& worker = *static_cast<Worker*>(operation.owner);
    if (operation.buffer != nullptr) std::exchange(operation.buffer, nullptr)->GiveBack();
    if (operation.kind == IOCP_Operation::Kind::Accept && operation.Far().accepted != kNoSocket)
        worker.Net().CloseSocket(std::exchange(operation.Far().accepted, kNoSocket));
    worker.Operations().Release(operation);
}

bool UsesForeignMemory(const IOCP_Operation& operation) noexcept {
    using Kind = IOCP_Operation::Kind;
    return operation.kind == Kind::Recv || operation.kind == Kind::Send || operation.kind == Kind::SendFile;
}

}  // namespace

DetachedPromise::DetachedPromise(Worker& worker, std::nullptr_t) noexcept : worker_(worker), next_(worker.running_) {
    if (next_ != nullptr) next_->previous_ = this;
    worker.running_ = this;
}

DetachedPromise::~DetachedPromise() {
    (previous_ != nullptr ? previous_->next_ : worker_.running_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    std::erase(worker_.doomed_, std::coroutine_handle<DetachedPromise>::from_promise(*this));
}

Worker::Worker(CoreState& core, const Options& options)
    : core_(core),
      network_(core.Net()),
      options_(options),
      buffers_(options.receive_buffer, options.max_receive_buffers + options.provided_buffers),
      datagram_buffers_(kLongestDatagram, std::numeric_limits<std::size_t>::max()) {}

Worker::~Worker() = default;

Worker* Worker::Current() noexcept { return current_worker; }

void Worker::Open(EngineKind kind) {
    engine_ = network_.MakeEngine(kind, options_, buffers_);
    now_ = network_.Now();
    inbox_->Open(*engine_);
}

bool Worker::HasEnded() const noexcept {
    return stopping_ && running_ == nullptr && operations_.FreeCount() == operations_.Count();
}

bool Worker::Turn(std::chrono::nanoseconds at_most) {
    Worker* const before = std::exchange(current_worker, this);
    FramePool* const frames_before = std::exchange(frames_of_this_thread, kRecyclesFrames ? &frames_ : nullptr);
    OperationQueue ended;
    WaitForMore(ended, at_most);
    now_ = network_.Now();
    if (!ended.Empty()) spin_until_ = now_ + options_.spin;

    Dispatch(ended);
    RunMessages();
    inline_budget_ = kInlineBudget;
    timers_.FireDue(now_);
    UnwindDoomed();
    operations_in_use_.store(operations_.Count() - operations_.FreeCount(), std::memory_order_relaxed);
    const bool more = !HasEnded() || !inbox_->CloseIfEmpty();
    if (!more) engine_.reset();
    current_worker = before;
    frames_of_this_thread = frames_before;
    return more;
}

void Worker::WaitForMore(OperationQueue& ended, std::chrono::nanoseconds at_most) {
    const bool spins = options_.spin.count() > 0 && at_most == Engine::kForever && deferred_.Empty();
    while (spins && network_.Now() < spin_until_ && UntilNext() > std::chrono::nanoseconds::zero()) {
        engine_->Wait(ended, std::chrono::nanoseconds::zero());
        if (!ended.Empty() || !inbox_->SeemsEmpty()) return;
    }
    const auto timeout = std::min(UntilNext(), at_most);
    std::swap(ended, deferred_);
    engine_->Wait(ended, timeout);
}

std::chrono::nanoseconds Worker::UntilNext() const noexcept {
    if (!deferred_.Empty()) return std::chrono::nanoseconds::zero();
    return timers_.Empty() ? Engine::kForever : timers_.UntilFirst(network_.Now());
}

Clock::time_point Worker::NextDue() const noexcept { return deferred_.Empty() ? timers_.FirstDue() : now_; }

void Worker::Dispatch(OperationQueue& ended) {
    while (!ended.Empty()) {
        IOCP_Operation& operation = ended.Pop();
        inline_budget_ = kInlineBudget;
        operation.completed(operation);
    }
}

void Worker::RunMessages() {
    if (inbox_->SeemsEmpty()) return;
    inbox_->TakeInto(messages_);
    for (const Inbox::Message& message : messages_) {
        inline_budget_ = kInlineBudget;
        message();
    }
    messages_.clear();
    // Those that are resumed may cause others; they come in the next turn, or this one would not end.
    for (std::size_t most = kMostGrantsInATurn; most > 0; --most) {
        SharedWait* const wait = inbox_->TakeWait();
        if (wait == nullptr) return;
        inline_budget_ = kInlineBudget;
        wait->OnGranted();
    }
    engine_->Wake();
}

void Worker::GiveTurn(Wait& wait) {
    const unsigned rest = std::exchange(inline_budget_, kInlineBudget);
    wait.Resume();
    inline_budget_ = rest;
}

void Worker::Abandon(IOCP_Operation& operation) noexcept {
    operation.completed = &ReleaseAbandoned;
    operation.owner = this;
    if (operation.state != IOCP_Operation::State::Pending) return;  // ended already: on its way to Dispatch
    if (!std::exchange(operation.cancel_requested, true)) engine_->Cancel(operation);
    if (!UsesForeignMemory(operation)) return;
    // A wake-up that this takes is not lost: the operation is deferred then, so the next turn looks at the inbox at
    // once.
    while (operation.state == IOCP_Operation::State::Pending) engine_->Wait(deferred_, Engine::kForever);
}

bool Worker::Refuse(Wait& wait, Outcome outcome) {
    wait.result = Result(outcome);
    if (SpendInline()) return false;
    if (wait.scope != nullptr && wait.scope->VerdictOnSends() != Outcome::Ok) {
        if (const auto stubborn = wait.scope->CountRefusal()) {
            Unwind(stubborn);
            return true;
        }
    }
    timers_.MakeRoom();
    EndSoon(wait, outcome);
    return true;
}

void Worker::EndSoon(Wait& wait, Outcome outcome) noexcept {
    if (wait.cut != Outcome::Ok) return;
    wait.cut = outcome;
    timers_.Disarm(wait);
    timers_.Arm(wait, now_);
}

void Worker::Unwind(std::coroutine_handle<> coroutine) { doomed_.push_back(coroutine); }

void Worker::UnwindDoomed() noexcept {
    const TasksMayGo tasks_of_handlers;
    while (!doomed_.empty()) {
        const auto coroutine = doomed_.back();
        doomed_.pop_back();
        core_.Count().handlers_unwound.fetch_add(1, std::memory_order_relaxed);
        coroutine.destroy();
    }
}

RootScope::RootScope(Worker& worker) noexcept : worker_(worker) {
    worker.Add(*this);
    if (worker.IsStopping()) Scope::Stop();
}

RootScope::~RootScope() { worker_.Remove(*this); }

void Worker::Add(Stoppable& waiting) noexcept {
    waiting.next_ = waiting_;
    if (waiting_ != nullptr) waiting_->previous_ = &waiting;
    waiting_ = &waiting;
}

void Worker::Remove(Stoppable& waiting) noexcept {
    (waiting.previous_ != nullptr ? waiting.previous_->next_ : waiting_) = waiting.next_;
    if (waiting.next_ != nullptr) waiting.next_->previous_ = waiting.previous_;
    waiting.previous_ = waiting.next_ = nullptr;
}

void Worker::BeginStop(Clock::time_point cut) {
    if (!stopping_) {
        stopping_ = true;
        for (Stoppable *at = waiting_, *next; at != nullptr; at = next) {
            next = at->next_;  // a listener leaves the list as it stops
            at->Stop();
        }
    }
    if (unwind_.Armed() || (cut_.Armed() && cut_.due <= cut)) return;
    timers_.Disarm(cut_);
    timers_.Arm(cut_, cut);
}

void Worker::TellOfLimits() {
    if (telling_of_limits_.exchange(true)) return;
    inbox_->Post([this] {
        telling_of_limits_ = false;
        for (Stoppable* at = waiting_; at != nullptr; at = at->next_) at->LimitsChanged();
    });
}

void Worker::DropSpares() {
    inbox_->Post([this] {
        engine_->DropSpares();  // first, as it gives buffers back
        frames_.Clear();
        buffers_.Clear();
        datagram_buffers_.Clear();
    });
}

void Worker::CutAll() noexcept {
    for (Stoppable* at = waiting_; at != nullptr; at = at->next_) at->Cut();
    timers_.Arm(unwind_, now_ + kUnwindAfter);
}

void Worker::UnwindAll() noexcept {
    const TasksMayGo tasks_of_handlers;
    while (DetachedPromise* stuck = FirstStuck()) {
        core_.Count().handlers_unwound.fetch_add(1, std::memory_order_relaxed);
        std::coroutine_handle<DetachedPromise>::from_promise(*stuck).destroy();
    }
    doomed_.clear();
}

DetachedPromise* Worker::FirstStuck() const noexcept {
    DetachedPromise* at = running_;
    while (at != nullptr && at->ends_after_others_) at = at->next_;
    return at;
}

void Sleep::await_suspend(std::coroutine_handle<> sleeper) {
    sleeper_ = sleeper;
    worker_.Timers().Arm(*this, worker_.Now() + duration_);
}

}  // namespace iocp::detail
