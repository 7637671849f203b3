// SPDX-License-Identifier: MIT
#include "timer_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace {

using iocp::detail::Clock;
using iocp::detail::Timer;
using iocp::detail::TimerQueue;
using namespace std::chrono_literals;

const Clock::time_point kStart{1000s};

// Calls back when it is due.
struct Alarm final : Timer {
    explicit Alarm(std::function<void()> does) : what(std::move(does)) {}
    void OnDue() noexcept override { what(); }

    std::function<void()> what;
};

class TimerQueueTest : public testing::Test {
protected:
    Alarm& NewAlarm(int number) {
        return alarms_.emplace_back([this, number] { fired_.push_back(number); });
    }
    Alarm& NewAlarm(std::function<void()> what) { return alarms_.emplace_back(std::move(what)); }

    using Numbers = std::vector<int>;

    TimerQueue queue_;
    std::deque<Alarm> alarms_;
    Numbers fired_;
};

TEST_F(TimerQueueTest, WithoutATimerWaitsForever) {
    EXPECT_TRUE(queue_.Empty());
    EXPECT_EQ(queue_.UntilFirst(kStart), std::chrono::nanoseconds::max());
    queue_.FireDue(kStart);
}

TEST_F(TimerQueueTest, TellsTheTimeUntilTheFirst) {
    queue_.Arm(NewAlarm(1), kStart + 5s);
    queue_.Arm(NewAlarm(2), kStart + 3s);

    EXPECT_EQ(queue_.UntilFirst(kStart), 3s);
    EXPECT_EQ(queue_.UntilFirst(kStart + 2s), 1s);
    EXPECT_EQ(queue_.UntilFirst(kStart + 4s), 0s);
}

TEST_F(TimerQueueTest, TheTimeOfADisarmedTimerIsForgottenWhenItHasPassed) {
    for (int i = 1; i <= 3; ++i) queue_.Arm(NewAlarm(i), kStart + std::chrono::seconds(i));
    queue_.Disarm(alarms_[0]);
    queue_.Disarm(alarms_[1]);

    EXPECT_LE(queue_.UntilFirst(kStart), 3s);
    queue_.FireDue(kStart + 2s);
    EXPECT_EQ(queue_.UntilFirst(kStart + 2s), 1s);
    EXPECT_EQ(fired_, Numbers{});

    queue_.Disarm(alarms_[2]);
    EXPECT_TRUE(queue_.Empty());
    EXPECT_EQ(queue_.UntilFirst(kStart), std::chrono::nanoseconds::max());
}

TEST_F(TimerQueueTest, FiresWhatIsDueInOrderAndNothingElse) {
    for (const int second : {5, 1, 4, 2, 3}) queue_.Arm(NewAlarm(second), kStart + std::chrono::seconds(second));

    queue_.FireDue(kStart + 1s - 1ns);
    EXPECT_EQ(fired_, Numbers{});
    queue_.FireDue(kStart + 3s);
    EXPECT_EQ(fired_, (Numbers{1, 2, 3}));
    EXPECT_FALSE(queue_.Empty());
    queue_.FireDue(kStart + 100s);
    EXPECT_EQ(fired_, (Numbers{1, 2, 3, 4, 5}));
    EXPECT_TRUE(queue_.Empty());
}

TEST_F(TimerQueueTest, ADisarmedTimerDoesNotFire) {
    for (int i = 0; i < 9; ++i) queue_.Arm(NewAlarm(i), kStart + std::chrono::seconds(i));

    for (const std::size_t i : {0U, 4U, 8U}) {
        queue_.Disarm(alarms_[i]);
        EXPECT_FALSE(alarms_[i].Armed());
        queue_.Disarm(alarms_[i]);
    }
    queue_.FireDue(kStart + 100s);

    EXPECT_EQ(fired_, (Numbers{1, 2, 3, 5, 6, 7}));
}

TEST_F(TimerQueueTest, AFiredTimerMayBeArmedAgain) {
    Alarm& alarm = NewAlarm(1);
    for (int i = 1; i <= 3; ++i) {
        queue_.Arm(alarm, kStart + std::chrono::seconds(i));
        EXPECT_TRUE(alarm.Armed());
        queue_.FireDue(kStart + std::chrono::seconds(i));
        EXPECT_FALSE(alarm.Armed());
    }

    EXPECT_EQ(fired_, (Numbers{1, 1, 1}));
}

TEST_F(TimerQueueTest, WhatIsArmedWhileTimersFireWaitsForTheNextCall) {
    int fired = 0;
    Alarm* again = nullptr;
    again = &NewAlarm([&] {
        ++fired;
        queue_.Arm(*again, kStart);
    });
    queue_.Arm(*again, kStart);

    for (int call = 1; call <= 3; ++call) {
        queue_.FireDue(kStart + std::chrono::seconds(call));
        EXPECT_EQ(fired, call);
        EXPECT_LE(queue_.UntilFirst(kStart + std::chrono::seconds(call)), 1ns);
    }
    queue_.Disarm(*again);
}

TEST_F(TimerQueueTest, ATimerMayDisarmOthersWhenItFires) {
    Alarm& second = NewAlarm(2);
    Alarm& third = NewAlarm(3);
    queue_.Arm(NewAlarm([&] { queue_.Disarm(second); }), kStart + 1s);
    queue_.Arm(second, kStart + 2s);
    queue_.Arm(third, kStart + 3s);

    queue_.FireDue(kStart + 10s);

    EXPECT_EQ(fired_, Numbers{3});
    EXPECT_TRUE(queue_.Empty());
}

// The same steps in the queue and in a model that can't be wrong.
TEST_F(TimerQueueTest, BehavesAsItsModelDoes) {
    constexpr int kTimers = 200;
    constexpr int kSteps = 50'000;
    std::mt19937 random(12345);
    const auto below = [&](int limit) { return std::uniform_int_distribution(0, limit - 1)(random); };
    for (int i = 0; i < kTimers; ++i) NewAlarm(i);
    std::multimap<Clock::time_point, int> model;
    std::set<Clock::time_point> disarmed;  // when those would have been due
    Clock::time_point now = kStart;

    for (int step = 0; step < kSteps; ++step) {
        const int number = below(kTimers);
        Alarm& alarm = alarms_[static_cast<std::size_t>(number)];
        if (below(10) == 0) {
            now += std::chrono::milliseconds(below(100));
            fired_.clear();
            queue_.FireDue(now);
            std::multimap<Clock::time_point, int> due(model.begin(), model.upper_bound(now));
            model.erase(model.begin(), model.upper_bound(now));
            ASSERT_EQ(fired_.size(), due.size());
            Clock::time_point last = Clock::time_point::min();
            for (const int one : fired_) {
                const auto at = alarms_[static_cast<std::size_t>(one)].due;
                ASSERT_LE(last, at);
                const auto [begin, end] = due.equal_range(at);
                const auto found = std::find_if(begin, end, [&](const auto& each) { return each.second == one; });
                ASSERT_NE(found, end);
                due.erase(found);
                last = at;
            }
        } else if (alarm.Armed()) {
            const auto [begin, end] = model.equal_range(alarm.due);
            model.erase(std::find_if(begin, end, [&](const auto& each) { return each.second == number; }));
            queue_.Disarm(alarm);
            disarmed.insert(alarm.due);
        } else {
            queue_.Arm(alarm, now + std::chrono::milliseconds(1 + below(500)));
            model.emplace(alarm.due, number);
        }
        ASSERT_EQ(queue_.Empty(), model.empty());
        const auto expected = model.empty() ? std::chrono::nanoseconds::max() : model.begin()->first - now;
        const auto told = queue_.UntilFirst(now);
        ASSERT_TRUE(told == expected || (told < expected && !model.empty() && disarmed.contains(now + told)));
    }
}

}  // namespace
