// SPDX-License-Identifier: MIT
// Long loops of awaits on a stack of 256 KiB. A step that left as little as one byte on it would end in a crash.
// Built at each optimisation level, because some compilers make tail calls at some levels only.
#include "support/small_stack.h"

#include <iocp/task.h>

#include <coroutine>
#include <cstdio>
#include <deque>
#include <exception>
#include <utility>

namespace {

using iocp::Task;

constexpr int kSteps = 1'000'000;
constexpr int kThrows = 50'000;  // slow

// The outermost coroutine.
struct Root {
    struct promise_type {
        Root get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
};

// Coroutines that go on when the loop comes to them, as a worker resumes those whose operations have ended.
class Loop {
public:
    struct Turn {
        bool await_ready() const noexcept { return false; }
        bool await_suspend(std::coroutine_handle<> coroutine) const {
            loop.ready_.push_back(coroutine);
            return true;
        }
        void await_resume() const noexcept {}

        Loop& loop;
    };

    [[nodiscard]] Turn NextTurn() noexcept { return {*this}; }

    void Run() {
        while (!ready_.empty()) {
            const auto coroutine = ready_.front();
            ready_.pop_front();
            coroutine.resume();
        }
    }

private:
    std::deque<std::coroutine_handle<>> ready_;
};

Loop loop;
int steps = 0;

// An operation that had finished when it was submitted, in the form in which a client's awaitables say so.
struct Finished {
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
    int await_resume() const noexcept { return 1; }
};

Task<int> EndsAtOnce() { co_return 1; }
Task<> EndsAtOnceWithoutValue() { co_return; }
Task<int> AwaitsFinished() { co_return co_await Finished{}; }
Task<int> AwaitsAnother() { co_return co_await AwaitsFinished(); }
Task<int> ThrowsAtOnce(int one) {
    if (one != 0) throw one;
    co_return 0;
}
Task<int> SuspendsOnce() {
    co_await loop.NextTurn();
    co_return 1;
}
Task<int> AwaitsOneThatSuspends() { co_return co_await SuspendsOnce(); }

Task<> LoopOfFinished() {
    for (int i = 0; i < kSteps; ++i) steps += co_await Finished{};
}
Task<> LoopOfEndsAtOnce() {
    for (int i = 0; i < kSteps; ++i) steps += co_await EndsAtOnce();
}
Task<> LoopOfEndsAtOnceWithoutValue() {
    for (int i = 0; i < kSteps; ++i, ++steps) co_await EndsAtOnceWithoutValue();
}
Task<> LoopOfAwaitsAnother() {
    for (int i = 0; i < kSteps; ++i) steps += co_await AwaitsAnother();
}
Task<> LoopOfThrowsAtOnce() {
    for (int i = 0; i < kThrows; ++i) {
        try {
            steps += co_await ThrowsAtOnce(1);
        } catch (int one) {
            steps += one;
        }
    }
}
Task<> LoopOfSuspendsOnce() {
    for (int i = 0; i < kSteps; ++i) steps += co_await SuspendsOnce();
}
Task<> LoopOfAwaitsOneThatSuspends() {
    for (int i = 0; i < kSteps; ++i) steps += co_await AwaitsOneThatSuspends();
}
Task<> LoopOfBoth() {
    for (int i = 0; i < kSteps / 2; ++i) {
        steps += co_await SuspendsOnce();
        steps += co_await AwaitsAnother();
    }
}

Root Start(Task<> task, bool& ended) {
    co_await task;
    ended = true;
}

bool Passes(const char* name, Task<> task, int expected) {
    steps = 0;
    bool ended = false;
    Start(std::move(task), ended);
    loop.Run();
    const bool passes = ended && steps == expected;
    std::printf("%-30s %7d steps: %s\n", name, steps, passes ? "passed" : "FAILED");
    std::fflush(stdout);
    return passes;
}

int RunAll() {
    bool passed = Passes("finished operation", LoopOfFinished(), kSteps);
    passed &= Passes("task that ends at once", LoopOfEndsAtOnce(), kSteps);
    passed &= Passes("the same without a value", LoopOfEndsAtOnceWithoutValue(), kSteps);
    passed &= Passes("task in a task", LoopOfAwaitsAnother(), kSteps);
    passed &= Passes("task that throws", LoopOfThrowsAtOnce(), kThrows);
    passed &= Passes("task that suspends once", LoopOfSuspendsOnce(), kSteps);
    passed &= Passes("task in a task that suspends", LoopOfAwaitsOneThatSuspends(), kSteps);
    passed &= Passes("both in turns", LoopOfBoth(), kSteps);
    return passed ? 0 : 1;
}

}  // namespace

int main() { return iocp_test::OnSmallStack(&RunAll); }
