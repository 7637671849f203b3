// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <atomic>
#include <future>

namespace iocp_test {

using HooksTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, HooksTest, EveryEngine(), NameOfEngine);

TEST_P(HooksTest, OnStartRunsOnTheThreadThatStarts) {
    hooks.on_start = [this] { notes.Write(std::this_thread::get_id()); };

    Serve(Echo);

    notes.Write(std::this_thread::get_id());
    EXPECT_EQ(notes.Next(), notes.Next());
}

TEST_P(HooksTest, OnStartKnowsWhereTheCoreListensAndIsFollowedByTheFirstClient) {
    std::promise<iocp::Endpoint> place;
    std::atomic<bool> started = false;
    hooks.on_start = [&] {
        notes.Write(core->IsRunning() ? "running" : "not running");
        notes.Write(core->EngineReport().empty() ? "no engine" : "engine");
        place.set_value(core->Listening());
        // A client that comes now must wait in the backlog until this returns.
        Peer early(core->Listening());
        early.Send("x");
        notes.Write(std::to_string(core->ClientCount()));
        started = true;
    };
    Serve(Listen);

    EXPECT_EQ(notes.Next(), "running");
    EXPECT_EQ(notes.Next(), "engine");
    EXPECT_EQ(notes.Next(), "0");
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(notes.Next(), "closed");
    EXPECT_EQ(place.get_future().get(), Where());
}

TEST_P(HooksTest, OnStopRunsAfterTheLastHandlerOnTheThreadOfTheTicks) {
    options.tick = 1ms;
    std::atomic<bool> ticked = false;
    hooks.on_tick = [&] {
        if (!ticked.exchange(true)) notes.Write(std::this_thread::get_id());
    };
    Serve(Listen);
    const std::string background = notes.Next();
    const Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");
    hooks.on_stop = [this] { notes.Write(std::this_thread::get_id()); };

    core->Stop();

    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_EQ(notes.Next(), background);
    notes.Write(std::this_thread::get_id());
    EXPECT_NE(notes.Next(), background);
}

TEST_P(HooksTest, TicksNeverOverlapAndThoseThatWereMissedAreNotMadeUpFor) {
    using Clock = std::chrono::steady_clock;
    options.tick = 5ms;
    int ticks = 0;
    std::atomic<bool> under_way = false;
    Clock::time_point slow_one_ended;
    Clock::time_point last_began;
    hooks.on_tick = [&] {
        if (under_way.exchange(true)) notes.Write("overlap");
        last_began = Clock::now();
        if (++ticks == 1) {
            // Forty intervals pass.
            while (Clock::now() < last_began + 200ms) std::this_thread::yield();
            slow_one_ended = Clock::now();
        }
        if (ticks == 30) core->Stop();
        under_way = false;
    };
    hooks.on_stop = [this] { notes.Write("stopped"); };
    Serve(Echo);

    EXPECT_EQ(notes.Next(), "stopped");
    core->Stop();

    EXPECT_GE(last_began - slow_one_ended, 28 * 5ms);
    EXPECT_EQ(notes.Rest(), std::vector<std::string>());
}

TEST_P(HooksTest, TicksAreNoMoreThanTheTimeAllows) {
    options.tick = 3ms;
    std::atomic<int> ticks = 0;
    hooks.on_tick = [&] {
        if (++ticks == 20) notes.Write("twenty");
    };
    const auto begin = std::chrono::steady_clock::now();
    Serve(Echo);

    EXPECT_EQ(notes.Next(), "twenty");
    core->Stop();  // before what the hook uses is gone

    EXPECT_GE(std::chrono::steady_clock::now() - begin, 20 * 3ms);
}

TEST_P(HooksTest, TicksEndWithTheCoreAndComeBackWithIt) {
    options.tick = 1ms;
    std::atomic<int> ticks = 0;
    hooks.on_tick = [&] {
        if (++ticks % 3 == 0) notes.Write("three");
    };
    Serve(Echo);
    EXPECT_EQ(notes.Next(), "three");
    core->Stop();
    const int before = ticks;
    EXPECT_EQ(ticks, before);
    static_cast<void>(notes.Rest());

    Start();

    EXPECT_EQ(notes.Next(), "three");
    core->Stop();  // before what the hook uses is gone
}

}  // namespace iocp_test
