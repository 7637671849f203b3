// SPDX-License-Identifier: MIT
#include "rooms.h"

#include <gtest/gtest.h>

#include <set>

namespace {

using namespace std::chrono_literals;

TEST(Replay, TheSameSeedGivesTheSameRun) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Evening first = Visit<Rooms>(seed);
        const Evening second = Visit<Rooms>(seed);
        EXPECT_EQ(first.hash, second.hash) << first.report;
        EXPECT_EQ(first.report, second.report);
    }
}

TEST(Replay, OtherSeedsGiveOtherRuns) {
    std::set<std::uint64_t> hashes;
    for (std::uint64_t seed = 0; seed < 50; ++seed) hashes.insert(Visit<Rooms>(seed).hash);
    EXPECT_EQ(hashes.size(), 50u);
}

TEST(Replay, AGoodHandlerSurvivesEverySeed) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const Evening evening = Visit<Rooms>(seed);
        ASSERT_EQ(evening.complaints, 0u) << evening.report;
    }
}

TEST(Replay, APlantedBugIsFoundAndItsSeedShowsItEveryTime) {
    std::uint64_t seed = 0;
    while (seed < 300 && Visit<RoomsWithABug>(seed).complaints == 0) ++seed;
    ASSERT_LT(seed, 300u) << "no seed found the bug";
    for (int i = 0; i < 10; ++i) EXPECT_GT(Visit<RoomsWithABug>(seed).complaints, 0u) << "seed " << seed;
}

}  // namespace
