// SPDX-License-Identifier: MIT
#include "wake_event.h"

#include "../rival.h"

#include <gtest/gtest.h>

#include <poll.h>

#include <atomic>
#include <thread>

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
TEST(WakeEvent, SetsDuringAClearSpoilNoneAfterIt) {
    constexpr int kRounds = 2'000;
    WakeEvent event;
    std::atomic<bool> setting = false;
    std::atomic<bool> cleared = false;
    Rival rival([&] {
        for (setting = true; !cleared;) event.Set();
    });
    for (int round = 0; round < kRounds; ++round) {
        setting = cleared = false;
        rival.BeginRound();
        while (!setting) std::this_thread::yield();
        event.Clear();
        cleared = true;
        rival.AwaitStrike();

        event.Set();
        ASSERT_TRUE(IsReadable(event)) << "in round " << round;
        event.Clear();
    }
}

}  // namespace
