// SPDX-License-Identifier: MIT
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace iocp {

template <class T>
class Task;

namespace detail {

// What the promises of all tasks share: who waits, and whether the waiter is still inside its await_suspend.
//
// A task that ends while its waiter is starting it only returns: the waiter then goes on without suspending. So a
// long loop of tasks that end at once runs in constant stack, on every compiler and optimisation level, without
// relying on tail calls.
class TaskPromiseBase {
public:
    std::suspend_always initial_suspend() noexcept { return {}; }

    struct FinalAwaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
            const TaskPromiseBase& promise = ended.promise();
            if (!promise.starting_) promise.waiter_.resume();  // may destroy `ended`
        }
        void await_resume() const noexcept {}
    };
    FinalAwaiter final_suspend() noexcept { return {}; }

    void unhandled_exception() noexcept { exception_ = std::current_exception(); }

    // Runs `self` until it first suspends or ends. False: it has ended.
    bool Start(std::coroutine_handle<> self, std::coroutine_handle<> waiter) {
        waiter_ = waiter;
        self.resume();
        starting_ = false;
        return !self.done();
    }

protected:
    void Rethrow() const {
        if (exception_) std::rethrow_exception(exception_);
    }

private:
    std::coroutine_handle<> waiter_;
    std::exception_ptr exception_;
    bool starting_ = true;
};

template <class T>
class TaskPromise final : public TaskPromiseBase {
public:
    Task<T> get_return_object() noexcept;

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
    Task<void> get_return_object() noexcept;
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
        if (coroutine_) coroutine_.destroy();
    }

    // False for a default-constructed or moved-from task, which must not be awaited.
    explicit operator bool() const noexcept { return static_cast<bool>(coroutine_); }

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiter) { return coroutine_.promise().Start(coroutine_, waiter); }
    T await_resume() { return coroutine_.promise().Take(); }

private:
    std::coroutine_handle<promise_type> coroutine_;
};

template <class T>
Task<T> detail::TaskPromise<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

inline Task<void> detail::TaskPromise<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

}  // namespace iocp
