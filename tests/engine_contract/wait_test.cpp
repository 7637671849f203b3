// SPDX-License-Identifier: MIT
#include "contract.h"
#include "rival.h"

#include <atomic>
#include <thread>

namespace iocp_test {

using namespace std::chrono_literals;

using iocp::detail::OperationQueue;
using Clock = std::chrono::steady_clock;

class WaitContract : public EngineContract {
protected:
    static constexpr int kMostTurns = 5;  // a Wait may return early now and then, but not again and again
};
INSTANTIATE_TEST_SUITE_P(Each, WaitContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(WaitContract, AWaitOfNoTimeReturns) {
    const Link link = NewLink();
    IOCP_Operation& recv = New(Kind::Recv, link.near, Memory(8));
    SubmitPending(recv);

    for (int i = 0; i < 1000; ++i) ASSERT_EQ(Turn(0ns), 0U);

    EXPECT_TRUE(IsPending(recv));
}

TEST_P(WaitContract, AWaitOfSomeTimeReturnsWhenItHasPassedAndSleepsUntilThen) {
    const Link link = NewLink();
    SubmitPending(New(Kind::Recv, link.near, Memory(8)));
    Turn();

    int turns = 0;
    const auto until = Clock::now() + 300ms;
    for (auto left = until - Clock::now(); left > 0ns; left = until - Clock::now(), ++turns) ASSERT_EQ(Turn(left), 0U);

    EXPECT_LE(turns, 60);
}

// Whoever woke before its timer is due would only wait again.
TEST_P(WaitContract, AWaitOfPartsOfAMillisecondIsNotCutShort) {
    const Link link = NewLink();
    SubmitPending(New(Kind::Recv, link.near, Memory(8)));
    Turn();

    int early = 0;
    for (int i = 0; i < 50; ++i) {
        const auto due = Clock::now() + 1900us;
        ASSERT_EQ(Turn(1900us), 0U);
        if (Clock::now() < due) ++early;
    }

    EXPECT_LE(early, kMostTurns);
}

TEST_P(WaitContract, AWaitOfTheShortestTimeReturns) {
    const Link link = NewLink();
    SubmitPending(New(Kind::Recv, link.near, Memory(8)));

    for (int i = 0; i < 20; ++i) ASSERT_EQ(Turn(1ns), 0U);
}

TEST_P(WaitContract, AWaitOfCenturiesSleepsUntilAWake) {
    std::atomic<bool> woken = false;
    Rival rival([&] {
        for (int i = 0; i < 1000; ++i) std::this_thread::yield();
        woken = true;
        Io().Wake();
    });

    for (const std::chrono::nanoseconds timeout : {std::chrono::nanoseconds(24h * 365 * 200), kForever - 1ns}) {
        woken = false;
        rival.BeginRound();
        int turns = 0;
        for (; !woken; ++turns) Turn(timeout);
        EXPECT_LE(turns, kMostTurns);
        rival.AwaitStrike();
    }
}

TEST_P(WaitContract, AWaitWithoutLimitEndsWithAnOperation) {
    const Link link = NewLink();
    IOCP_Operation& recv = New(Kind::Recv, link.near, Memory(8));
    SubmitPending(recv);
    std::atomic<bool> sent = false;
    Rival rival([&] {
        for (int i = 0; i < 1000; ++i) std::this_thread::yield();
        sent = true;
        link.peer.Send("x");
    });

    rival.BeginRound();
    int turns = 0;
    for (; IsPending(recv); ++turns) Turn(kForever);

    EXPECT_LE(turns, kMostTurns);
    EXPECT_TRUE(sent);
    EXPECT_EQ(TakeText(recv), "x");
}

TEST_P(WaitContract, WhatEndedIsAppended) {
    const Link link = NewLink();
    IOCP_Operation& earlier = New(Kind::Recv, link.near, Memory(8));
    IOCP_Operation& recv = New(Kind::Recv, link.near, Memory(8));
    OperationQueue queue;
    queue.Push(earlier);

    Submit(recv);
    link.peer.Send("x");
    while (recv.state == State::Pending) Io().Wait(queue, kPatience);
    EXPECT_EQ(&queue.Pop(), &earlier);
    EXPECT_EQ(&queue.Pop(), &recv);
    EXPECT_TRUE(queue.Empty());

    Forget(recv);
}

TEST_P(WaitContract, AWakeBeforeTheWaitEndsIt) {
    std::thread([this] { Io().Wake(); }).join();
    EXPECT_EQ(Turn(kForever), 0U);

    std::thread([this] {
        for (int i = 0; i < 1000; ++i) Io().Wake();
    }).join();
    EXPECT_EQ(Turn(kForever), 0U);
}

TEST_P(WaitContract, AWakeEndsAWaitUnderWay) {
    std::atomic<bool> woken = false;
    Rival rival([&] {
        for (int i = 0; i < 1000; ++i) std::this_thread::yield();
        woken = true;
        Io().Wake();
    });

    rival.BeginRound();
    int turns = 0;
    for (; !woken; ++turns) EXPECT_EQ(Turn(kForever), 0U);

    EXPECT_LE(turns, kMostTurns);
    rival.AwaitStrike();
}

TEST_P(WaitContract, NoWakeIsLost) {
    constexpr std::uint32_t kRounds = 10'000;
    std::atomic<std::uint32_t> posted = 0;
    std::atomic<std::uint32_t> seen = 0;
    std::thread poster([&] {
        for (std::uint32_t i = 1; i <= kRounds; ++i) {
            posted = i;
            Io().Wake();
            while (i % 3 != 0 && seen < i) std::this_thread::yield();
        }
    });

    while (seen < kRounds) {
        Turn(kForever);
        seen = posted.load();
    }

    poster.join();
}

// Most of these wakes come while an earlier one is being seen.
TEST_P(WaitContract, NoWakeIsLostInAStorm) {
    constexpr int kTurns = 10'000;
    std::atomic<bool> enough = false;
    std::thread storm([&] {
        while (!enough) Io().Wake();
    });

    for (int turn = 0; turn < kTurns && !HasFailure(); ++turn) {
        const auto begin = Clock::now();
        Turn(kPatience);
        EXPECT_LT(Clock::now() - begin, kPatience) << "it sleeps, although it is woken again and again";
    }

    enough = true;
    storm.join();
}

TEST_P(WaitContract, WakesFromSeveralThreadsAndCompletionsMix) {
    constexpr std::uint32_t kRounds = 3'000;
    const Link link = NewLink();
    std::atomic<std::uint32_t> posted = 0;
    const auto post = [&] {
        for (std::uint32_t i = 0; i < kRounds; ++i) {
            ++posted;
            Io().Wake();
            if (i % 2 == 0) std::this_thread::yield();
        }
    };
    std::thread first(post);
    std::thread second(post);
    std::thread sender([&] {
        for (std::uint32_t i = 0; i < kRounds; ++i) link.peer.Send("x");
    });

    std::size_t received = 0;
    while (received < kRounds) {
        IOCP_Operation& recv = Complete(New(Kind::RecvLent, link.near));
        ASSERT_EQ(recv.native_code, 0);
        received += TakeText(recv).size();
        Release(recv);
    }
    while (posted < 2 * kRounds) Turn(kForever);

    for (std::thread* thread : {&first, &second, &sender}) thread->join();
}

TEST_P(WaitContract, AWakeThatWasSeenWakesNoMore) {
    std::thread([this] { Io().Wake(); }).join();
    Turn(kForever);

    int turns = 0;
    const auto until = Clock::now() + 200ms;
    for (auto left = until - Clock::now(); left > 0ns; left = until - Clock::now(), ++turns) Turn(left);

    EXPECT_LE(turns, 60);
}

}  // namespace iocp_test
