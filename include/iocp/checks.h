// SPDX-License-Identifier: MIT
// Checks of how the library is used. They are there where the library was built with IOCP_CORE_CHECKS, which CMake
// turns on in Debug builds and hands on to whoever links the library. What they find is told on standard error with its
// place in your sources: see Misuse in README.md. Nothing here is called by users.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>

#ifdef IOCP_CORE_CHECKS
#include <source_location>
#include <type_traits>
#include <utility>
#endif

namespace iocp::detail {

class TaskPromiseBase;

#ifdef IOCP_CORE_CHECKS

inline constexpr bool kChecks = true;

using Place = std::source_location;
using ClientTag = std::uint64_t;

// Awaits what is given to it, and does nothing else: GCC 12 would copy what an await_transform returns by reference.
template <class Awaiter>
struct AwaitThrough {
    Awaiter awaiter;  // or a reference to one

    [[nodiscard]] bool await_ready() { return awaiter.await_ready(); }
    template <class Promise>
    auto await_suspend(std::coroutine_handle<Promise> coroutine) {
        return awaiter.await_suspend(coroutine);
    }
    decltype(auto) await_resume() { return awaiter.await_resume(); }
};

// One for each coroutine of the library's that there is: see LiveCoroutines.
class CountedCoroutine {
public:
    CountedCoroutine() noexcept;
    CountedCoroutine(const CountedCoroutine&) = delete;
    CountedCoroutine& operator=(const CountedCoroutine&) = delete;
    ~CountedCoroutine();
};

// Coroutines of all cores of the process: handlers, their tasks, and the library's own. From any thread.
[[nodiscard]] std::size_t LiveCoroutines() noexcept;

// Of every task's promise: where its coroutine awaits; until it does, where it is defined.
class PlaceOfCoroutine : public CountedCoroutine {
public:
    void IsDefinedAt(Place at) noexcept { place = at; }

    template <class Awaited>
    auto await_transform(Awaited&& awaited, Place at = Place::current()) {
        place = at;
        if constexpr (requires { std::forward<Awaited>(awaited).operator co_await(); })
            return AwaitThrough<decltype(std::forward<Awaited>(awaited).operator co_await())>{
                std::forward<Awaited>(awaited).operator co_await()};
        else
            return AwaitThrough<std::remove_reference_t<Awaited>&>{awaited};
    }

    Place place;
};

// Destroys a task's coroutine, and tells of it where it has never been awaited.
void DestroyTask(std::coroutine_handle<> coroutine, const TaskPromiseBase& promise) noexcept;

#else

inline constexpr bool kChecks = false;

struct Place {
    static constexpr Place current() noexcept { return {}; }
    static constexpr const char* file_name() noexcept { return ""; }
    static constexpr const char* function_name() noexcept { return ""; }
    static constexpr std::uint_least32_t line() noexcept { return 0; }
};

struct ClientTag {
    ClientTag() noexcept = default;
    constexpr ClientTag(std::uint64_t) noexcept {}
    constexpr operator std::uint64_t() const noexcept { return 0; }
};

struct CountedCoroutine {};

struct PlaceOfCoroutine {
    void IsDefinedAt(Place) const noexcept {}

    static constexpr Place place{};
};

inline void DestroyTask(std::coroutine_handle<> coroutine, const TaskPromiseBase&) noexcept { coroutine.destroy(); }

#endif

// Nowhere, for one that is none of the library's.
template <class Promise>
[[nodiscard]] Place PlaceOf(std::coroutine_handle<Promise> coroutine) noexcept {
    if constexpr (requires { coroutine.promise().place; })
        return coroutine.promise().place;
    else
        return {};
}

}  // namespace iocp::detail
