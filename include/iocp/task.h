// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/checks.h>
#include <iocp/frame_pool.h>
#include <iocp/result.h>
#include <iocp/timer.h>
#include <iocp/wait.h>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace iocp {

template <class T>
class Task;

template <class T>
class BoundedTask;

namespace detail {

class TaskPromiseBase;
struct Branch;

// Tasks that one coroutine awaits together.
class Group {
public:
    // A task of it has ended, and not while it was started.
    virtual void OnEnded(TaskPromiseBase& task) noexcept = 0;

protected:
    ~Group() = default;
};

// A frame does not begin where memory was allocated. Ends the process where that means a miscompiled coroutine: with
// GCC.
void JudgeFrame(const Place& defined) noexcept;

// Finds the coroutines that GCC 12 compiles wrong: it puts a variable of its own in front of what should be the
// beginning of the frame, which then is destroyed in place of being started.
inline void MustBeWhole(std::coroutine_handle<> coroutine, const Place& defined) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(coroutine.address());
    if (address % __STDCPP_DEFAULT_NEW_ALIGNMENT__ != 0) JudgeFrame(defined);
}

// What the promises of all tasks share: who waits, and whether the waiter is still inside its await_suspend.
//
// A task that ends while its waiter is starting it only returns: the waiter then goes on without suspending. So a
// long loop of tasks that end at once runs in constant stack, on every compiler and optimisation level, without
// relying on tail calls.
class TaskPromiseBase : public PooledFrame, public PlaceOfCoroutine {
public:
    std::suspend_always initial_suspend() noexcept { return {}; }

    struct FinalAwaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
            TaskPromiseBase& promise = ended.promise();
            if (promise.starting_) return;
            if (promise.group_ != nullptr) return promise.group_->OnEnded(promise);  // may destroy `ended`, as does
            promise.waiter_.resume();                                                // this
        }
        void await_resume() const noexcept {}
    };
    FinalAwaiter final_suspend() noexcept { return {}; }

    void unhandled_exception() noexcept { exception_ = std::current_exception(); }

    // Runs `self` until it first suspends or ends. False: it has ended.
    bool Start(std::coroutine_handle<> self, std::coroutine_handle<> waiter, Scope* scope, Group* group = nullptr) {
        waiter_ = waiter;
        scope_ = scope;
        group_ = group;
        self.resume();
        starting_ = false;
        return !self.done();
    }

    // From now on it may go without having been started.
    void MayGo() noexcept { waiter_ = std::noop_coroutine(); }

    // Or need not be any more.
    [[nodiscard]] bool WasAwaited() const noexcept { return static_cast<bool>(waiter_); }

    [[nodiscard]] Scope* CurrentScope() const noexcept { return scope_; }

    // What escaped it.
    [[nodiscard]] const std::exception_ptr& Exception() const noexcept { return exception_; }

protected:
    void Rethrow() const {
        if (exception_) std::rethrow_exception(exception_);
    }

private:
    std::coroutine_handle<> waiter_;
    Scope* scope_ = nullptr;
    Group* group_ = nullptr;
    std::exception_ptr exception_;
    bool starting_ = true;
};

template <class T>
class TaskPromise final : public TaskPromiseBase {
public:
    Task<T> get_return_object(Place defined = Place::current()) noexcept;

    template <class U>
        requires std::is_convertible_v<U&&, T>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }

    T Take() {
        Rethrow();
        return std::move(*value_);
    }

private:
    std::optional<T> value_;
};

template <>
class TaskPromise<void> final : public TaskPromiseBase {
public:
    Task<void> get_return_object(Place defined = Place::current()) noexcept;
    void return_void() const noexcept {}
    void Take() const { Rethrow(); }
};

}  // namespace detail

// A coroutine that starts when it is awaited and yields a T, or rethrows what escaped it.
//
// Owner of its frame: destroying a task destroys the coroutine, wherever it is suspended. Await a task once, on the
// thread that created it; it ends on the same thread. A task that is never awaited never runs.
//
// Parameters are copied into the coroutine's frame, but references, and the captures of a lambda that is itself the
// coroutine, are not: what they refer to must live until the task has ended (C++ Core Guidelines CP.51 and CP.53).
template <class T = void>
class [[nodiscard]] Task {
public:
    using promise_type = detail::TaskPromise<T>;

    Task() noexcept = default;
    explicit Task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}
    Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (coroutine_) detail::DestroyTask(coroutine_, coroutine_.promise());
    }

    // False for a default-constructed or moved-from task, which must not be awaited.
    explicit operator bool() const noexcept { return static_cast<bool>(coroutine_); }

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiter) {
        return coroutine_.promise().Start(coroutine_, waiter, detail::ScopeOf(waiter));
    }
    T await_resume() { return coroutine_.promise().Take(); }

    // Bounds the task: when the deadline passes, everything that it waits for ends as Timeout, and it is to return
    // soon. What it did until then stays done; no byte is lost. Yields what the task returns where that is a Result of
    // some kind; otherwise a Result, with the value of the task if it has one.
    [[nodiscard]] BoundedTask<T> Within(std::chrono::nanoseconds duration) && noexcept {
        return BoundedTask<T>(std::move(*this), {detail::Deadline::Within(duration), {}});
    }
    [[nodiscard]] BoundedTask<T> Until(std::chrono::steady_clock::time_point time) && noexcept {
        return BoundedTask<T>(std::move(*this), {detail::Deadline::Until(time), {}});
    }

    // Ties the task to a token of yours: everything that it waits for ends as Stopped within about 10 milliseconds
    // after a stop was requested, from any thread. May follow Within or Until.
    [[nodiscard]] BoundedTask<T> With(std::stop_token token) && noexcept {
        return BoundedTask<T>(std::move(*this), {{}, std::move(token)});
    }

private:
    template <class>
    friend class BoundedTask;
    friend struct detail::Branch;

    std::coroutine_handle<promise_type> coroutine_;
};

// What Task::Within, Until and With return: awaited once, at once.
template <class T>
class [[nodiscard]] BoundedTask {
public:
    BoundedTask(Task<T> task, detail::Bounds bounds) noexcept : bounds_(std::move(bounds)), task_(std::move(task)) {}
    BoundedTask(const BoundedTask&) = delete;
    BoundedTask& operator=(const BoundedTask&) = delete;

    [[nodiscard]] BoundedTask With(std::stop_token token) && noexcept {
        return BoundedTask(std::move(task_), {bounds_.limit, std::move(token)});
    }

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiter) {
        scope_.emplace(detail::ScopeOf(waiter), bounds_);
        return task_.coroutine_.promise().Start(task_.coroutine_, waiter, &*scope_);
    }
    auto await_resume() {
        const Result how(scope_->VerdictOnSends());
        scope_.reset();
        if constexpr (std::is_void_v<T>) {
            task_.await_resume();
            return how;
        } else if constexpr (std::is_base_of_v<Result, T>) {
            return task_.await_resume();
        } else {
            return Value<T>(how, task_.await_resume());
        }
    }

private:
    const detail::Bounds bounds_;
    std::optional<detail::BoundedScope> scope_;  // of the task, which it outlives
    Task<T> task_;
};

template <class T>
Task<T> detail::TaskPromise<T>::get_return_object(Place defined) noexcept {
    IsDefinedAt(defined);
    const auto coroutine = std::coroutine_handle<TaskPromise>::from_promise(*this);
    MustBeWhole(coroutine, defined);
    return Task<T>(coroutine);
}

inline Task<void> detail::TaskPromise<void>::get_return_object(Place defined) noexcept {
    IsDefinedAt(defined);
    const auto coroutine = std::coroutine_handle<TaskPromise>::from_promise(*this);
    MustBeWhole(coroutine, defined);
    return Task<void>(coroutine);
}

namespace detail {

// Keeps a function and its arguments until the task that they make has ended.
template <class Function, class... Arguments>
Task<> Call(Function function, Arguments... arguments) {
    co_await std::invoke(std::move(function), std::move(arguments)...);
}

}  // namespace detail

}  // namespace iocp
