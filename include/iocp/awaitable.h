// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/task.h>
#include <iocp/timer.h>
#include <iocp/wait.h>

#include <chrono>
#include <coroutine>
#include <stop_token>
#include <utility>

namespace iocp {

// What the library's calls return: awaited once, at once, as in `co_await client.Recv().Within(5s)`, by a coroutine of
// a core. The work starts when it is awaited. It yields what the call says.
template <class Waiting>
class [[nodiscard]] Awaitable {
public:
    using Request = typename Waiting::Request;
    using Yield = decltype(std::declval<Waiting&>().Take());

    explicit Awaitable(const Request& request, detail::Deadline limit = {}) noexcept : wait_(request, limit) {}
    Awaitable(const Awaitable&) = delete;
    Awaitable& operator=(const Awaitable&) = delete;

    // The wait ends as Timeout when `duration` has passed since it was awaited, or at `time`; without them it has no
    // deadline of its own.
    [[nodiscard]] Awaitable Within(std::chrono::nanoseconds duration) && noexcept {
        return Awaitable(wait_.Asked(), detail::Deadline::Within(duration));
    }
    [[nodiscard]] Awaitable Until(std::chrono::steady_clock::time_point time) && noexcept {
        return Awaitable(wait_.Asked(), detail::Deadline::Until(time));
    }

    // Ties it to `token` too: see Task::With.
    [[nodiscard]] auto With(std::stop_token token) && { return std::move(*this).AsTask().With(std::move(token)); }

    // The same as a task: for All and Race, or to keep.
    [[nodiscard]] Task<Yield> AsTask() && { return Run(wait_.Asked(), wait_.limit); }

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) {
        wait_.place = detail::PlaceOf(coroutine);
        if (wait_.Start(coroutine, detail::ScopeOf(coroutine))) return true;
        if constexpr (detail::kChecks) detail::WentOn(wait_);
        return false;
    }
    Yield await_resume() noexcept(noexcept(wait_.Take())) { return wait_.Take(); }

private:
    static Task<Yield> Run(Request request, detail::Deadline limit) {
        Awaitable awaitable(request, limit);
        co_return co_await awaitable;
    }

    Waiting wait_;
};

}  // namespace iocp
