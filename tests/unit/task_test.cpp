// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <iocp/task.h>

#include <coroutine>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using iocp::Task;

// The outermost coroutine; destroyed with this, wherever it is.
class Root {
public:
    struct promise_type {
        Root get_return_object() { return Root(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() noexcept { failure = std::current_exception(); }

        std::exception_ptr failure;
    };

    Root(Root&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
    Root& operator=(Root&&) = delete;
    ~Root() {
        if (coroutine_) coroutine_.destroy();
    }

    [[nodiscard]] bool HasEnded() const { return coroutine_.done(); }
    void Rethrow() const {
        if (coroutine_.promise().failure) std::rethrow_exception(coroutine_.promise().failure);
    }

private:
    explicit Root(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}

    std::coroutine_handle<promise_type> coroutine_;
};

template <class T>
Root Start(Task<T> task, T& result) {
    result = co_await task;
}
Root Start(Task<> task) { co_await task; }

// Where coroutines wait until the test lets them go on.
class Gate {
public:
    struct Passing {
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> coroutine) const { gate.waiting_.push_back(coroutine); }
        void await_resume() const noexcept {}

        Gate& gate;
    };

    [[nodiscard]] Passing Pass() { return {*this}; }

    void LetOneGo() {
        const auto coroutine = waiting_.front();
        waiting_.pop_front();
        coroutine.resume();
    }
    [[nodiscard]] bool IsEmpty() const { return waiting_.empty(); }

private:
    std::deque<std::coroutine_handle<>> waiting_;
};

// Says when it goes.
class Witness {
public:
    Witness(std::vector<std::string>& says, std::string name) : says_(&says), name_(std::move(name)) {}
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;
    ~Witness() { says_->push_back(name_); }

private:
    std::vector<std::string>* says_;
    std::string name_;
};

using Says = std::vector<std::string>;

Task<int> Answer() { co_return 42; }
Task<std::string> Text(const char* text) { co_return text; }
Task<std::unique_ptr<int>> MoveOnly(int value) { co_return std::make_unique<int>(value); }
Task<int> WaitAndAnswer(Gate& gate, int answer) {
    co_await gate.Pass();
    co_return answer;
}
Task<> Wait(Gate& gate) { co_await gate.Pass(); }
Task<> Note(Says& says, const char* what) {
    says.emplace_back(what);
    co_return;
}
Task<int> Fail(const char* why) {
    if (why != nullptr) throw std::runtime_error(why);
    co_return 0;
}
Task<int> WaitAndFail(Gate& gate, const char* why) {
    co_await gate.Pass();
    co_return co_await Fail(why);
}

TEST(Task, YieldsItsValue) {
    int number = 0;
    const Root first = Start(Answer(), number);
    EXPECT_EQ(number, 42);

    std::string text;
    const Root second = Start(Text("converted"), text);
    EXPECT_EQ(text, "converted");

    std::unique_ptr<int> pointer;
    const Root third = Start(MoveOnly(7), pointer);
    ASSERT_NE(pointer, nullptr);
    EXPECT_EQ(*pointer, 7);
}

TEST(Task, YieldsItsValueAfterItWasSuspended) {
    Gate gate;
    int number = 0;
    const Root root = Start(WaitAndAnswer(gate, 5), number);
    EXPECT_FALSE(root.HasEnded());
    EXPECT_EQ(number, 0);

    gate.LetOneGo();

    EXPECT_TRUE(root.HasEnded());
    EXPECT_EQ(number, 5);
}

TEST(Task, RunsWhenItIsAwaitedAndNotBefore) {
    Says says;
    Task<> task = Note(says, "ran");
    EXPECT_EQ(says, Says{});

    const Root root = Start(std::move(task));

    EXPECT_EQ(says, Says{"ran"});
}

TEST(Task, NeverRunsWhenItIsNeverAwaited) {
    Says says;
    {
        const Task<> task = Note(says, "ran");
    }

    EXPECT_EQ(says, Says{});
}

TEST(Task, RethrowsWhatEscapedIt) {
    int number = 0;
    const Root root = Start(Fail("at once"), number);

    EXPECT_THROW(root.Rethrow(), std::runtime_error);
}

TEST(Task, RethrowsThroughAllThatAwait) {
    Gate gate;
    int number = 0;
    const Root root = Start(WaitAndFail(gate, "later"), number);
    EXPECT_FALSE(root.HasEnded());

    gate.LetOneGo();

    EXPECT_TRUE(root.HasEnded());
    try {
        root.Rethrow();
        FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "later");
    }
}

Task<> CatchAndGoOn(Says& says) {
    try {
        co_await Fail("caught");
    } catch (const std::runtime_error& error) {
        says.emplace_back(error.what());
    }
    co_await Note(says, "went on");
}

TEST(Task, GoesOnAfterItCaught) {
    Says says;
    const Root root = Start(CatchAndGoOn(says));

    EXPECT_TRUE(root.HasEnded());
    EXPECT_EQ(says, (Says{"caught", "went on"}));
}

TEST(Task, HasOneOwner) {
    Task<int> empty;
    EXPECT_FALSE(empty);
    Task<int> task = Answer();
    EXPECT_TRUE(task);

    Task<int> moved(std::move(task));
    EXPECT_TRUE(moved);
    empty = std::move(moved);
    EXPECT_TRUE(empty);
    int number = 0;
    const Root root = Start(std::move(empty), number);

    EXPECT_EQ(number, 42);
}

Task<> Hold(Says& says, const char* name, Task<> inner) {
    const Witness witness(says, name);
    co_await inner;
    says.emplace_back("never");
}

TEST(Task, DestroyedWhileItIsSuspendedItTakesItsChildrenAlong) {
    Gate gate;
    Says says;
    {
        const Root root = Start(Hold(says, "outer", Hold(says, "middle", Hold(says, "inner", Wait(gate)))));
        EXPECT_FALSE(root.HasEnded());
        EXPECT_EQ(says, Says{});
    }

    // A coroutine's parameters, which hold the next one, go after its locals.
    EXPECT_EQ(says, (Says{"outer", "middle", "inner"}));
}

TEST(Task, DestroyedBeforeItRanItTakesItsParametersAlong) {
    const auto held = std::make_shared<int>(0);
    struct Local {
        static Task<> Keep(std::shared_ptr<int>) { co_return; }
    };
    {
        const Task<> task = Local::Keep(held);
        EXPECT_EQ(held.use_count(), 2);
    }

    EXPECT_EQ(held.use_count(), 1);
}

TEST(Task, ItsFrameGoesWithItAndNotBefore) {
    const auto held = std::make_shared<int>(0);
    struct Local {
        static Task<> Keep(std::shared_ptr<int>) { co_return; }
        static Task<long> CountAfter(Task<>& task, const std::shared_ptr<int>& held) {
            co_await task;
            co_return held.use_count();
        }
    };
    long while_it_lived = 0;
    Task<> task = Local::Keep(held);
    {
        const Root root = Start(Local::CountAfter(task, held), while_it_lived);
    }
    EXPECT_EQ(while_it_lived, 2);

    task = Task<>();

    EXPECT_EQ(held.use_count(), 1);
}

Task<int> Nest(int depth, Gate& gate) {
    if (depth == 0) co_return co_await WaitAndAnswer(gate, 0);
    co_return 1 + co_await Nest(depth - 1, gate);
}

TEST(Task, NestsDeep) {
    constexpr int kDepth = 1000;
    Gate gate;
    int depth = 0;
    const Root root = Start(Nest(kDepth, gate), depth);
    EXPECT_FALSE(root.HasEnded());

    gate.LetOneGo();

    EXPECT_TRUE(root.HasEnded());
    EXPECT_EQ(depth, kDepth);
}

TEST(Task, DestroysADeepNest) {
    constexpr int kDepth = 1000;
    Gate gate;
    int depth = 0;
    {
        const Root root = Start(Nest(kDepth, gate), depth);
    }

    EXPECT_EQ(depth, 0);
}

Task<> Alternate(Gate& gate, Says& says) {
    for (int i = 0; i < 3; ++i) {
        co_await Note(says, "at once");
        co_await Wait(gate);
        const int answer = co_await WaitAndAnswer(gate, i);
        says.push_back(std::to_string(answer));
    }
}

TEST(Task, MayEndAtOnceOrLaterInAnyOrder) {
    Gate gate;
    Says says;
    const Root root = Start(Alternate(gate, says));

    while (!gate.IsEmpty()) gate.LetOneGo();

    EXPECT_TRUE(root.HasEnded());
    EXPECT_EQ(says, (Says{"at once", "0", "at once", "1", "at once", "2"}));
}

}  // namespace
