// SPDX-License-Identifier: MIT
#include "wake_event.h"

#include "../rival.h"

#include <gtest/gtest.h>

#include <poll.h>

#include <atomic>

namespace {

using iocp::detail::WakeEvent;
using iocp_test::Rival;

bool IsReadable(const WakeEvent& event) {
    pollfd watched{event.Descriptor(), POLLIN, 0};
    return poll(&watched, 1, 0) == 1;
}

TEST(WakeEvent, IsReadableFromASetToTheNextClear) {
    WakeEvent event;
    EXPECT_FALSE(IsReadable(event));
    for (int i = 0; i < 3; ++i) {
        event.Set();
        event.Set();
        EXPECT_TRUE(IsReadable(event));
        event.Clear();
        EXPECT_FALSE(IsReadable(event));
    }
}

// A Set that is forgotten while it counts as made would make all that follow be forgotten.
TEST(WakeEvent, ASetDuringAClearSpoilsNoneAfterIt) {
    constexpr int kRounds = 40'000;
    constexpr int kLongest = 200;  // that one waits for the other, in steps
    WakeEvent event;
    Rival rival([&] { event.Set(); });
    std::atomic<int> steps = 0;
    for (int round = 0; round < kRounds; ++round) {
        event.Set();
        rival.BeginRound();
        for (int patience = round % kLongest; patience > 0; --patience) ++steps;
        event.Clear();
        rival.AwaitStrike();

        event.Set();
        ASSERT_TRUE(IsReadable(event)) << "in round " << round;
        event.Clear();
    }
}

}  // namespace
