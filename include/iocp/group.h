// SPDX-License-Identifier: MIT
// All and Race: several tasks awaited as one.
#pragma once

#include <iocp/task.h>
#include <iocp/wait.h>

#include <array>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace iocp {

namespace detail {

// A task of a group.
struct Branch {
    template <class T>
    explicit Branch(Task<T>& task) noexcept : coroutine(task.coroutine_), promise(&task.coroutine_.promise()) {}

    std::coroutine_handle<> coroutine;
    TaskPromiseBase* promise;
    std::optional<InnerScope> scope;  // from its start
    bool running = false;
};

class RunningGroup final : public Group {
public:
    static constexpr std::size_t kNone = ~std::size_t{0};

    explicit RunningGroup(bool first_decides) noexcept : first_decides_(first_decides) {}

    // Starts the branches in order. False: all have ended already.
    bool Start(std::span<Branch> branches, std::coroutine_handle<> waiter, Scope* parent);

    void OnEnded(TaskPromiseBase& task) noexcept override;

    // The branch that ended first.
    [[nodiscard]] std::size_t First() const noexcept { return first_; }

    // Throws the first exception that escaped a branch.
    void Rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    void HasEnded(std::size_t index) noexcept;

    const bool first_decides_;
    std::span<Branch> branches_;
    std::coroutine_handle<> waiter_;
    std::exception_ptr failure_;
    std::size_t first_ = kNone;
    std::size_t running_ = 0;
    bool decided_ = false;
    bool starting_ = true;
};

template <class T>
using Plain = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T>
Plain<T> TakeFrom(Task<T>& task) {
    if constexpr (std::is_void_v<T>) {
        task.await_resume();
        return {};
    } else {
        return task.await_resume();
    }
}

template <class T>
Task<T> ToTask(Task<T>&& task) noexcept {
    return std::move(task);
}
template <class Awaitable>
    requires requires(Awaitable&& awaitable) { std::forward<Awaitable>(awaitable).AsTask(); }
auto ToTask(Awaitable&& awaitable) {
    return std::forward<Awaitable>(awaitable).AsTask();
}

}  // namespace detail

// Which task of a Race ended first, and what it returned.
template <class T>
struct Raced {
    std::size_t index;
    T value;
};

// What All and Race return: awaited once, at once.
template <bool kFirstDecides, class... Ts>
class [[nodiscard]] GroupAwaitable {
public:
    explicit GroupAwaitable(Task<Ts>... tasks) noexcept
        : tasks_(std::move(tasks)...), branches_(std::apply(&BranchesOf, tasks_)) {}
    GroupAwaitable(const GroupAwaitable&) = delete;
    GroupAwaitable& operator=(const GroupAwaitable&) = delete;
    ~GroupAwaitable() { std::tuple<Task<Ts>...>().swap(tasks_); }  // before the scopes that they are in

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiter) {
        return group_.Start(branches_, waiter, detail::ScopeOf(waiter));
    }
    auto await_resume() {
        group_.Rethrow();
        if constexpr (kFirstDecides)
            return TakeFirst();
        else if constexpr (!kNothing)
            return std::apply([](auto&... tasks) { return std::tuple(detail::TakeFrom(tasks)...); }, tasks_);
    }

private:
    using Branches = std::array<detail::Branch, sizeof...(Ts)>;

    static constexpr bool kNothing = (std::is_void_v<Ts> && ...);
    using FirstType = std::tuple_element_t<0, std::tuple<detail::Plain<Ts>...>>;
    static constexpr bool kAlike = (std::is_same_v<FirstType, detail::Plain<Ts>> && ...);

    static Branches BranchesOf(Task<Ts>&... tasks) noexcept { return Branches{detail::Branch(tasks)...}; }

    auto TakeFirst() {
        if constexpr (kNothing)
            return group_.First();
        else if constexpr (kAlike)
            return Raced<FirstType>{group_.First(), Taken<FirstType>(std::index_sequence_for<Ts...>())};
        else
            return Taken<std::variant<detail::Plain<Ts>...>>(std::index_sequence_for<Ts...>());
    }

    template <class Taking, std::size_t... kIndex>
    Taking Taken(std::index_sequence<kIndex...>) {
        std::optional<Taking> taken;
        ((group_.First() == kIndex ? Put<kIndex>(taken) : void()), ...);
        return std::move(*taken);
    }
    template <std::size_t kIndex, class Taking>
    void Put(std::optional<Taking>& taken) {
        if constexpr (kAlike)
            taken.emplace(detail::TakeFrom(std::get<kIndex>(tasks_)));
        else
            taken.emplace(std::in_place_index<kIndex>, detail::TakeFrom(std::get<kIndex>(tasks_)));
    }

    std::tuple<Task<Ts>...> tasks_;
    Branches branches_;
    detail::RunningGroup group_{kFirstDecides};
};

namespace detail {

template <bool kFirstDecides, class... Ts>
GroupAwaitable<kFirstDecides, Ts...> MakeGroup(Task<Ts>... tasks) noexcept {
    return GroupAwaitable<kFirstDecides, Ts...>(std::move(tasks)...);
}

}  // namespace detail

// Runs all of them at once, beside each other on this worker, and waits until each has ended; tasks, or what the
// library's calls return: `co_await iocp::All(Read(client), Write(client));`
// Yields a tuple of what they return (std::monostate for a void; nothing where all are void). When an exception
// escapes one, what the others wait for ends as Stopped, and once all have ended the exception is thrown on.
template <class... Awaitables>
[[nodiscard]] auto All(Awaitables&&... awaitables) {
    return detail::MakeGroup<false>(detail::ToTask(std::forward<Awaitables>(awaitables))...);
}

// The same until the first has ended, in whatever way: what the others wait for ends as Stopped then, and Race waits
// until they have ended too. Yields the index of the first where all are void; a Raced where all return one type; and
// otherwise a std::variant, whose index is the first's. The first exception of any of them is thrown on.
template <class... Awaitables>
[[nodiscard]] auto Race(Awaitables&&... awaitables) {
    return detail::MakeGroup<true>(detail::ToTask(std::forward<Awaitables>(awaitables))...);
}

}  // namespace iocp
