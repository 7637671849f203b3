// SPDX-License-Identifier: MIT
#include "timer_queue.h"

#include <gtest/gtest.h>

#include <chrono>

namespace iocp::detail {

namespace {

// Arms itself again as soon as it is due, as the wait of a handler that never gives up.
struct Persistent : Timer {
    explicit Persistent(TimerQueue& in) : Timer(&OnDue), queue(in) {}
    ~Persistent() { queue.Disarm(*this); }

    static void OnDue(Timer& timer) noexcept {
        auto& self = static_cast<Persistent&>(timer);
        if (++self.fired < 100) self.queue.Arm(self, self.due);
    }

    TimerQueue& queue;
    int fired = 0;
};

TEST(RearmedTimer, WaitsForTheNextTurn) {
    const Clock::time_point now{std::chrono::seconds(1)};
    TimerQueue queue;
    Persistent timer(queue);
    queue.Arm(timer, now);

    queue.FireDue(now);

    EXPECT_EQ(timer.fired, 1);
    EXPECT_TRUE(timer.Armed());
}

TEST(RearmedTimer, IsDueInTheNextTurn) {
    const Clock::time_point now{std::chrono::seconds(1)};
    TimerQueue queue;
    Persistent timer(queue);
    queue.Arm(timer, now);
    queue.FireDue(now);

    queue.FireDue(now + std::chrono::nanoseconds(1));

    EXPECT_EQ(timer.fired, 2);
}

}  // namespace

}  // namespace iocp::detail
