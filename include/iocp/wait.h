// SPDX-License-Identifier: MIT
// What stands behind every `co_await` of the library. Nothing here is called by users.
#pragma once

#include <iocp/checks.h>
#include <iocp/result.h>
#include <iocp/timer.h>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <stop_token>

namespace iocp::detail {

class Scope;
class Worker;

// One wait of a coroutine: in which scope, until when, and how it ended. Lives in the coroutine's frame and is used on
// its worker only.
class Wait : public Timer {
public:
    // What its coroutine waits for.
    enum class For : std::uint8_t {
        Event,  // anything that is on no connection
        Bytes,
        BytesInMemory,
        Frame,
        Send,
        SendFile,
    };

    // Asks a suspended wait to end as `why`, unless it has ended otherwise by then. Resumes no coroutine itself.
    virtual void EndAs(Outcome why) noexcept = 0;

    // Goes on with the coroutine, in whose frame this lies.
    virtual void Resume();

    // From now on the end of the scope ends this wait too.
    void JoinScope() noexcept;

    // It goes on while its scope is only told to stop.
    [[nodiscard]] bool IsSend() const noexcept { return what == For::Send || what == For::SendFile; }

    // In this order they lie close together; a handler has room for each of its waits in its frame.
    const For what;
    bool suspended = false;
    bool in_scope = false;      // its scope knows it
    Outcome cut = Outcome::Ok;  // what it was asked to end as
    Deadline limit;
    Scope* scope = nullptr;  // the coroutine's; null where it is in none
    std::coroutine_handle<> waiter;
    Result result;
    [[no_unique_address]] Place place;  // of the coroutine's co_await

protected:
    Wait(For what_comes, Deadline at_most) noexcept : what(what_comes), limit(at_most) {}
    ~Wait() = default;

    // By whoever derives, before a suspended one goes.
    void LeaveScope() noexcept;
};

class InnerScope;

// What is told to end as a whole: a client, one of its children, a task with a deadline, a branch of a Race. Whatever
// waits in it, or in a scope inside it, ends then, and so does every wait that begins later. The coroutines in it await
// one another, so that one of them waits at most; those that run beside each other are each in a scope of their own.
// Used on one worker only, and outlives the coroutines in it.
class Scope {
public:
    Scope() noexcept = default;
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    // Everything but sends ends as Stopped.
    void Stop() noexcept;

    // Everything ends as `why`. The first call decides.
    void End(Outcome why) noexcept;

    // As what a wait that begins now must end at once; Ok where it may wait.
    [[nodiscard]] Outcome Verdict() const noexcept { return verdict_; }
    [[nodiscard]] Outcome VerdictOnSends() const noexcept { return verdict_on_sends_; }

    // The coroutine to destroy where one in this scope goes on waiting though it was told to end.
    void BelongsTo(std::coroutine_handle<> root) noexcept { root_ = root; }
    [[nodiscard]] std::coroutine_handle<> Root() const noexcept { return root_; }

    // Whose coroutines are in it; 0 where no client's are.
    [[no_unique_address]] ClientTag client;

    // A wait was refused once more. Yields the coroutine to destroy for that, or null.
    [[nodiscard]] std::coroutine_handle<> CountRefusal() noexcept;

private:
    friend class InnerScope;
    friend class Wait;

    InnerScope* first_inside_ = nullptr;
    Wait* waiting_ = nullptr;
    std::coroutine_handle<> root_;
    unsigned refusals_ = 0;
    Outcome verdict_ = Outcome::Ok;
    Outcome verdict_on_sends_ = Outcome::Ok;
    bool is_inside_ = false;  // of another: it is an InnerScope with a parent
};

inline void Wait::LeaveScope() noexcept {
    if (in_scope) scope->waiting_ = nullptr;
    in_scope = false;
}

// One that may be inside another.
class InnerScope : public Scope {
public:
    explicit InnerScope(Scope* parent) noexcept;
    ~InnerScope();

private:
    friend class Scope;

    Scope* const parent_;
    InnerScope* previous_ = nullptr;
    InnerScope* next_ = nullptr;
};

// In checked builds, of a wait that ended without suspending its coroutine, which goes on now.
void WentOn(const Wait& wait) noexcept;

// A wait that time ends, or its scope: a sleep.
class Pause final : public Wait {
public:
    using Request = std::chrono::nanoseconds;

    // Ends as Ok after `duration`; earlier, as Timeout, where `at_most` is earlier.
    Pause(Request duration, Deadline at_most) noexcept;
    ~Pause();

    bool Start(std::coroutine_handle<> coroutine, Scope* of);
    void EndAs(Outcome why) noexcept override;
    void OnDue() noexcept override;

    [[nodiscard]] Result Take() const noexcept { return result; }

    [[nodiscard]] Request Asked() const noexcept { return request_; }

private:
    const Request request_;
    Worker* worker_ = nullptr;
};

// What bounds a task beside its scope.
struct Bounds {
    Deadline limit;
    std::stop_token token;
};

// A scope that ends as Timeout when its deadline passes, and as Stopped soon after its token asks for it.
// Of the worker that makes it.
class BoundedScope final : public InnerScope, private Timer {
public:
    BoundedScope(Scope* parent, const Bounds& bounds);
    ~BoundedScope();

private:
    void OnDue() noexcept override { Look(); }
    void Look();

    Worker& worker_;
    const std::stop_token token_;
    const Clock::time_point due_;
};

// The scope of a coroutine that awaits; null for one that is none of the library's.
template <class Promise>
[[nodiscard]] Scope* ScopeOf(std::coroutine_handle<Promise> coroutine) noexcept {
    if constexpr (requires { coroutine.promise().CurrentScope(); })
        return coroutine.promise().CurrentScope();
    else
        return nullptr;
}

// Yields the scope of the coroutine that awaits it, without suspending it.
class ThisScope {
public:
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        scope_ = ScopeOf(coroutine);
        return false;
    }
    Scope* await_resume() const noexcept { return scope_; }

private:
    Scope* scope_ = nullptr;
};

}  // namespace iocp::detail
