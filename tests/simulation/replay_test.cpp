// SPDX-License-Identifier: MIT
#include "evenings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

void PrintTo(Play play, std::ostream* out) { *out << NameOf(play); }

namespace {

class Replay : public testing::TestWithParam<Play> {};

TEST_P(Replay, TheSameSeedGivesTheSameRun) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Evening first = Perform(GetParam(), seed);
        const Evening second = Perform(GetParam(), seed);
        EXPECT_EQ(first.hash, second.hash) << "seed " << seed;
        EXPECT_EQ(first.tally, second.tally) << "seed " << seed;
        EXPECT_EQ(first.complaints, second.complaints);
        EXPECT_EQ(first.report, second.report);
    }
}

TEST_P(Replay, OtherSeedsGiveOtherRuns) {
    std::set<std::uint64_t> hashes;
    for (std::uint64_t seed = 0; seed < 50; ++seed) hashes.insert(Perform(GetParam(), seed).hash);
    EXPECT_EQ(hashes.size(), 50u);
}

const auto kName = [](const auto& play) { return std::string(NameOf(play.param)); };

INSTANTIATE_TEST_SUITE_P(Of, Replay, testing::ValuesIn(kPlays), kName);

// What each of a few talks over a simulation came to, where its chance comes from bytes.
std::uint64_t HashOf(std::vector<std::uint8_t> choices) {
    iocp::Simulation sim(choices);
    std::fill(choices.begin(), choices.end(), std::uint8_t{0});  // it has a copy
    Random chance(7);
    return Perform(Play::Chat, sim, chance, 3).hash;
}

TEST(Choices, AreMadeByTheBytes) {
    const std::vector<std::uint8_t> some(500, 0x55);
    EXPECT_EQ(HashOf(some), HashOf(some));
    std::vector<std::uint8_t> others = some;
    others[100] = 0xaa;
    EXPECT_NE(HashOf(some), HashOf(others));
    EXPECT_NE(HashOf(some), HashOf({}));
    EXPECT_EQ(HashOf({}), HashOf({}));
}

TEST(Choices, AreToldByTheReport) {
    const std::vector<std::uint8_t> some(5, 0x55);
    const iocp::Simulation sim(some);
    EXPECT_TRUE(sim.Report().starts_with("choices of 5 bytes, after 0 ns\n")) << sim.Report();
}

class PlantedBug : public testing::TestWithParam<Play> {};

TEST_P(PlantedBug, IsFoundAndItsSeedShowsItEveryTime) {
    std::uint64_t seed = 1;
    Evening found = Perform(GetParam(), seed);
    while (found.complaints.empty() && seed < 300) found = Perform(GetParam(), ++seed);
    ASSERT_FALSE(found.complaints.empty()) << "no seed finds the bug";
    EXPECT_NE(found.report.find("seed " + std::to_string(seed) + ","), std::string::npos) << found.report;
    for (int i = 0; i < 20; ++i) {
        const Evening again = Perform(GetParam(), seed);
        EXPECT_EQ(again.complaints, found.complaints);
        EXPECT_EQ(again.hash, found.hash);
        EXPECT_EQ(again.report, found.report);
    }
    RecordProperty("seed", std::to_string(seed));
}

INSTANTIATE_TEST_SUITE_P(Of, PlantedBug, testing::Values(Play::ForgetfulChat, Play::HastyProxy), kName);

}  // namespace
