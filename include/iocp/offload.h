// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/awaitable.h>
#include <iocp/result.h>
#include <iocp/shared_wait.h>

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace iocp {

namespace detail {

// Work for another thread. It is kept by whoever awaits it and by the thread; either may let go first.
class Job : public WaitSource, public std::enable_shared_from_this<Job> {
public:
    virtual ~Job() = default;

    // By the other thread.
    void Run() noexcept;

private:
    virtual void Work() noexcept = 0;

    // Hands it to a thread of the calling worker's core. False: no more can wait.
    [[nodiscard]] virtual bool Begin();

    bool TakeOrQueue(SharedWait& wait) override;
    bool GiveUp(SharedWait& wait) noexcept override;
    void TakeBack(SharedWait&) noexcept override {}

    std::mutex mutex_;
    WaitQueue waiting_;
    bool done_ = false;
};

template <class R>
class JobFor : public Job {
public:
    // Once it is done.
    [[nodiscard]] auto Take() {
        if (failure_) std::rethrow_exception(std::exchange(failure_, {}));  // this thread is its only owner then
        if constexpr (std::is_void_v<R>)
            return Result();
        else
            return Value<R>(std::move(*value_));
    }

protected:
    template <class Function, class Arguments>
    void Do(Function& function, Arguments& arguments) noexcept {
        try {
            if constexpr (std::is_void_v<R>)
                std::apply(std::move(function), std::move(arguments));
            else
                value_.emplace(std::apply(std::move(function), std::move(arguments)));
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

private:
    std::optional<std::conditional_t<std::is_void_v<R>, bool, R>> value_;
    std::exception_ptr failure_;
};

template <class R, class Function, class... Arguments>
class JobOf final : public JobFor<R> {
public:
    explicit JobOf(Function function, Arguments... arguments)
        : function_(std::move(function)), arguments_(std::move(arguments)...) {}

private:
    void Work() noexcept override { this->Do(function_, arguments_); }

    Function function_;
    std::tuple<Arguments...> arguments_;
};

template <class R>
class JobWait final : public SharedWait {
public:
    using Request = std::shared_ptr<JobFor<R>>;

    JobWait(const Request& asked, Deadline at_most) noexcept : SharedWait(*asked, nullptr, at_most), request_(asked) {}

    [[nodiscard]] auto Take() -> decltype(std::declval<JobFor<R>&>().Take()) {
        if (result) return request_->Take();
        return decltype(request_->Take())(result);
    }

    [[nodiscard]] const Request& Asked() const noexcept { return request_; }

private:
    const Request request_;
};

}  // namespace detail

namespace detail {

// GCC 12 destroys temporaries of some kinds twice in the operand of a co_await.
template <class T>
concept SafeInOperand = std::is_lvalue_reference_v<T> || std::is_trivially_destructible_v<T>;
template <class T>
concept SafeArgument = SafeInOperand<T> || !std::is_aggregate_v<T>;

}  // namespace detail

// Runs `function(arguments...)`, which may block, on a thread that the core keeps for such work, and comes back to the
// calling coroutine's worker: `auto digest = co_await iocp::Offload(Hash, password);`
// Function and arguments are copied or moved in. A lambda that captures needs a name of its own, for GCC 12 would
// destroy a temporary one twice. Yields a Value of what the function returns (a Result for void), and throws what it
// throws.
//   Full     Options::max_offloaded wait for a thread already
//   Timeout  a deadline given to it has passed;
//   Stopped  the client or the core stops: then the function runs on with what it was given, and what it returns is
//            forgotten
// A core that stops waits for the functions that run.
template <class Function, class... Arguments>
[[nodiscard]] auto Offload(Function&& function, Arguments&&... arguments) {
    static_assert(detail::SafeInOperand<Function>,
                  "give the lambda a name first, or give it what it captures as arguments (GCC 12 destroys it twice)");
    static_assert((detail::SafeArgument<Arguments> && ...),
                  "give the argument a name first (GCC 12 destroys temporary aggregates twice)");
    using R = std::invoke_result_t<std::decay_t<Function>, std::decay_t<Arguments>...>;
    using Job = detail::JobOf<R, std::decay_t<Function>, std::decay_t<Arguments>...>;
    return Awaitable<detail::JobWait<R>>(
        std::make_shared<Job>(std::forward<Function>(function), std::forward<Arguments>(arguments)...));
}

}  // namespace iocp
