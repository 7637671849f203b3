// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/checks.h>
#include <iocp/frame_pool.h>
#include <iocp/wait.h>

#include <coroutine>
#include <exception>

namespace iocp::detail {

class Worker;
class DetachedPromise;

// The outermost coroutine of whatever runs on a worker: a client's session, a listener's loop. It starts at once,
// belongs to its worker, and ends by itself; its body lets no exception out. Its first parameter is the worker.
struct Detached {
    using promise_type = DetachedPromise;
};

// Keeps the coroutine in its worker's list, so that the worker knows when all have ended and can destroy those that
// do not end.
class DetachedPromise : public PooledFrame, CountedCoroutine {
public:
    template <class... Rest>
    explicit DetachedPromise(Worker& worker, Rest&...) noexcept : DetachedPromise(worker, nullptr) {}
    DetachedPromise(const DetachedPromise&) = delete;
    DetachedPromise& operator=(const DetachedPromise&) = delete;
    ~DetachedPromise();

    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }

    [[nodiscard]] Scope* CurrentScope() const noexcept { return scope_; }
    void EnterScope(Scope& scope) noexcept { scope_ = &scope; }

    // From now on it waits only for other coroutines to end. It ends after them, so it is not one to destroy.
    void EndsAfterOthers() noexcept { ends_after_others_ = true; }

private:
    friend class Worker;

    DetachedPromise(Worker& worker, std::nullptr_t) noexcept;

    Worker& worker_;
    Scope* scope_ = nullptr;
    DetachedPromise* previous_ = nullptr;
    DetachedPromise* next_ = nullptr;
    bool ends_after_others_ = false;
};

// From now on the coroutine that awaits it, a Detached, is the root of `scope`. Does not suspend it.
struct Enter {
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<DetachedPromise> self) const noexcept {
        self.promise().EnterScope(scope);
        scope.BelongsTo(self);
        return false;
    }
    void await_resume() const noexcept {}

    Scope& scope;
};

}  // namespace iocp::detail
