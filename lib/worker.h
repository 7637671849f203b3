// SPDX-License-Identifier: MIT
#pragma once

#include "activity.h"
#include "buffer_pool.h"
#include "detached.h"
#include "engine.h"
#include "inbox.h"
#include "network.h"
#include "operation_queue.h"
#include "stoppable.h"
#include "timer_queue.h"

#include <iocp/frame_pool.h>
#include <iocp/operation_manager.h>
#include <iocp/options.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <vector>

namespace iocp::detail {

class CoreState;

// One thread with its engine and all that lives on it: clients, listeners, their coroutines, operations, buffers,
// timers. Made and run on its own thread; only Mail, Load and the counts are for others.
class Worker {
public:
    Worker(CoreState& core, const Options& options);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    // The worker whose thread this is, or null.
    [[nodiscard]] static Worker* Current() noexcept;

    // By whoever runs the worker, always the same thread. Open makes the engine; throws StartError.
    void Open(EngineKind kind);

    // One turn of the loop, which waits for no longer than `at_most` until something happens. False: a stop was asked
    // for and everything has ended, and so has the worker.
    bool Turn(std::chrono::nanoseconds at_most);

    // When a timer, or a deferred operation, is next due; Clock::time_point::max() where there is none.
    [[nodiscard]] Clock::time_point NextDue() const noexcept;

    [[nodiscard]] CoreState& Core() noexcept { return core_; }
    [[nodiscard]] Network& Net() const noexcept { return network_; }
    [[nodiscard]] Engine& Io() noexcept { return *engine_; }
    [[nodiscard]] IOCP_OperationManager& Operations() noexcept { return operations_; }
    [[nodiscard]] TimerQueue& Timers() noexcept { return timers_; }

    // Each holds the longest datagram.
    [[nodiscard]] BufferPool& DatagramBuffers() noexcept { return datagram_buffers_; }

    [[nodiscard]] const std::shared_ptr<Inbox>& Mail() const noexcept { return inbox_; }

    // Clients that live here, those on their way included. From any thread.
    [[nodiscard]] std::atomic<std::size_t>& Load() noexcept { return load_; }

    // Operations not in the pool, as of the last turn of the loop. From any thread.
    [[nodiscard]] std::size_t OperationsInUse() const noexcept {
        return operations_in_use_.load(std::memory_order_relaxed);
    }

    [[nodiscard]] Activity& Doing() noexcept { return activity_; }

    // The time at the start of this turn of the loop.
    [[nodiscard]] Clock::time_point Now() const noexcept { return now_; }

    // A coroutine may go on without suspending after an operation that finished at once. False: its turn is over, so
    // that others are served; Defer the operation.
    [[nodiscard]] bool MaySpendInline() const noexcept { return inline_budget_ > 0; }
    [[nodiscard]] bool SpendInline() noexcept {
        if (!MaySpendInline()) return false;
        --inline_budget_;
        return true;
    }

    // Resumes, in the middle of a coroutine's turn, a wait of another, which has a turn of its own.
    void GiveTurn(Wait& wait);

    // Completes an operation that is not pending in the next turn.
    void Defer(IOCP_Operation& operation) noexcept { deferred_.Push(operation); }

    // For an awaiter that goes away while its operation is under way: asks for the end of the operation, which then
    // returns to the pool by itself. Returns when the kernel no longer uses memory that is not the library's.
    void Abandon(IOCP_Operation& operation) noexcept;

    // For a wait that cannot begin: ends it as `outcome` at once (false) or, for others to have their turn, soon
    // (true).
    [[nodiscard]] bool Refuse(Wait& wait, Outcome outcome);

    // Ends a suspended wait without an operation as `outcome`, in the next turn; no effect on one that ends already.
    void EndSoon(Wait& wait, Outcome outcome) noexcept;

    // Destroys `coroutine`, a Detached of this worker, at the end of this turn.
    void Unwind(std::coroutine_handle<> coroutine);

    void Add(Stoppable& waiting) noexcept;
    void Remove(Stoppable& waiting) noexcept;

    // Told by a message: stop as IOCP_CORE::Stop says. An earlier `cut` replaces a later one.
    void BeginStop(Clock::time_point cut);
    [[nodiscard]] bool IsStopping() const noexcept { return stopping_; }

    // From any thread: limits of a listener have changed; everything that waits here is told soon.
    void TellOfLimits();

    // From any thread: what is kept for clients to come goes to the heap soon.
    void DropSpares();

private:
    friend class DetachedPromise;

    static constexpr unsigned kInlineBudget = 32;
    static constexpr std::size_t kMostGrantsInATurn = 256;
    static constexpr std::chrono::seconds kUnwindAfter{1};

    [[nodiscard]] bool HasEnded() const noexcept;
    void WaitForMore(OperationQueue& ended, std::chrono::nanoseconds at_most);
    void Dispatch(OperationQueue& ended);
    [[nodiscard]] std::chrono::nanoseconds UntilNext() const noexcept;
    void RunMessages();
    void UnwindDoomed() noexcept;
    void CutAll() noexcept;
    void UnwindAll() noexcept;
    [[nodiscard]] DetachedPromise* FirstStuck() const noexcept;

    CoreState& core_;
    Network& network_;
    const Options& options_;
    std::atomic<std::size_t> load_ = 0;
    std::atomic<std::size_t> operations_in_use_ = 0;
    Activity activity_;
    FramePool frames_;
    std::atomic<bool> telling_of_limits_ = false;  // a message is on its way
    std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
    std::vector<Inbox::Message> messages_;
    BufferPool buffers_;
    BufferPool datagram_buffers_;
    IOCP_OperationManager operations_;
    TimerQueue timers_;
    std::unique_ptr<Engine> engine_;  // gives its buffers back to the pool
    OperationQueue deferred_;
    Clock::time_point now_{};
    Clock::time_point spin_until_{};
    unsigned inline_budget_ = 0;
    bool stopping_ = false;
    TimerFor<Worker, &Worker::CutAll> cut_{*this};
    TimerFor<Worker, &Worker::UnwindAll> unwind_{*this};
    Stoppable* waiting_ = nullptr;
    DetachedPromise* running_ = nullptr;
    std::vector<std::coroutine_handle<>> doomed_;
};

// Before what the system refused is tried again: long enough not to spin while descriptors or memory are short, short
// enough to serve again well within a second.
inline constexpr std::chrono::milliseconds kRetryPause{50};

// Suspends a coroutine of `worker` for `duration`.
class [[nodiscard]] Sleep final : public Timer {
public:
    Sleep(Worker& worker, std::chrono::nanoseconds duration) noexcept : worker_(worker), duration_(duration) {}
    ~Sleep() { worker_.Timers().Disarm(*this); }

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> sleeper);
    void await_resume() const noexcept {}

private:
    void OnDue() noexcept override { sleeper_.resume(); }

    Worker& worker_;
    std::chrono::nanoseconds duration_;
    std::coroutine_handle<> sleeper_;
};

}  // namespace iocp::detail
