// SPDX-License-Identifier: MIT
#include "contract.h"
#include "rival.h"

#include <atomic>
#include <thread>

namespace iocp_test {

// More of everything than the queues and buffers of a scarce setup hold.
class QueuesContract : public EngineContract {
protected:
    static constexpr std::size_t kLinks = 100;

    QueuesContract() {
        for (std::size_t i = 0; i < kLinks; ++i) links_.push_back(NewLink());
    }

    // A receive on each link, submitted in one turn.
    std::vector<IOCP_Operation*> SubmitToAll(Kind kind) {
        std::vector<IOCP_Operation*> recvs;
        for (const Link& link : links_) {
            recvs.push_back(&New(kind, link.near, Memory(kind == Kind::Recv ? 8 : 0)));
            SubmitPending(*recvs.back());
        }
        return recvs;
    }

    std::vector<Link> links_;
};
INSTANTIATE_TEST_SUITE_P(Each, QueuesContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(QueuesContract, AllThatIsSubmittedInOneTurnEnds) {
    const auto recvs = SubmitToAll(Kind::Recv);
    for (std::size_t i = 0; i < kLinks; ++i) links_[i].peer.Send(std::to_string(i));

    AwaitAll();

    for (std::size_t i = 0; i < kLinks; ++i) {
        EXPECT_EQ(recvs[i]->native_code, 0);
        EXPECT_EQ(TakeText(*recvs[i]), std::to_string(i));
    }
}

TEST_P(QueuesContract, MoreEndsThanTheCompletionQueueHoldsAreAllYielded) {
    const auto recvs = SubmitToAll(Kind::Recv);
    Turn();
    for (const Link& link : links_) link.peer.Send("x");

    AwaitAll();

    for (IOCP_Operation* recv : recvs) EXPECT_EQ(TakeText(*recv), "x");
}

TEST_P(QueuesContract, NoCancelIsLost) {
    for (const bool submitted_before : {false, true}) {
        const auto recvs = SubmitToAll(submitted_before ? Kind::Recv : Kind::RecvLent);
        if (submitted_before) Turn();

        for (IOCP_Operation* recv : recvs) Cancel(*recv);
        AwaitAll();

        for (const IOCP_Operation* recv : recvs) EXPECT_TRUE(WasCancelled(*recv));
    }
}

TEST_P(QueuesContract, CancelsHitTheirOwnOperationsOnly) {
    const auto recvs = SubmitToAll(Kind::RecvLent);
    Turn();

    for (std::size_t i = 0; i < kLinks; i += 2) Cancel(*recvs[i]);
    for (std::size_t i = 0; i < kLinks; i += 2) AwaitEnd(*recvs[i]);
    Turn();
    for (std::size_t i = 1; i < kLinks; i += 2) links_[i].peer.Send("x");
    AwaitAll();

    for (std::size_t i = 0; i < kLinks; ++i) {
        if (i % 2 == 0)
            EXPECT_TRUE(WasCancelled(*recvs[i]));
        else
            EXPECT_EQ(TakeText(*recvs[i]), "x");
    }
}

TEST_P(QueuesContract, AllThatIsClosedInOneTurnIsClosed) {
    const auto recvs = SubmitToAll(Kind::Recv);
    Turn();

    for (IOCP_Operation* recv : recvs) Cancel(*recv);
    for (const Link& link : links_) Close(link.near);
    AwaitAll();
    Turn();

    for (Link& link : links_) EXPECT_NE(link.peer.AwaitEnd(), StreamEnd::Open);
}

TEST_P(QueuesContract, AWakeIsSeenAlsoWhenEndsLeaveItNoRoom) {
    for (int round = 0; round < 5; ++round) {
        SubmitToAll(Kind::Recv);
        Turn();
        for (const Link& link : links_) link.peer.Send("x");
        Io().Wake();
        AwaitAll();
        while (Turn(std::chrono::milliseconds(10)) > 0) {
        }

        std::atomic<bool> woken = false;
        Rival rival([&] {
            for (int i = 0; i < 1000; ++i) std::this_thread::yield();
            woken = true;
            Io().Wake();
        });
        rival.BeginRound();
        const auto begin = std::chrono::steady_clock::now();
        while (!woken) Turn(kPatience);
        ASSERT_LT(std::chrono::steady_clock::now() - begin, kPatience);
        rival.AwaitStrike();
    }
}

// All of them get bytes while there are buffers for a few of them only.
TEST_P(QueuesContract, EverybodyGetsBytesAlthoughBuffersAreFew) {
    constexpr int kRounds = 20;
    for (int round = 0; round < kRounds; ++round) {
        const auto recvs = SubmitToAll(Kind::RecvLent);
        Turn();
        for (const Link& link : links_) link.peer.Send("some bytes");

        int idle_turns = 0;
        for (IOCP_Operation* recv : recvs) {
            while (IsPending(*recv)) idle_turns += Turn(kPatience) == 0 ? 1 : 0;
            ASSERT_EQ(recv->native_code, 0);
            ASSERT_EQ(TakeText(*recv), "some bytes");
            Release(*recv);
        }
        ASSERT_LE(idle_turns, static_cast<int>(kLinks)) << "it spins";
    }
}

TEST_P(QueuesContract, WhatAPeakLeavesGoesBackAndThoseWhoWaitAreServed) {
    const std::size_t before = Buffers().Out();
    const auto serve_all = [&](const std::vector<IOCP_Operation*>& recvs) {
        for (const Link& link : links_) link.peer.Send("bytes");
        AwaitAll();
        for (IOCP_Operation* recv : recvs) {
            EXPECT_EQ(TakeText(*recv), "bytes");
            Release(*recv);
        }
    };
    for (int round = 0; round < 3; ++round) {
        const auto recvs = SubmitToAll(Kind::RecvLent);
        Turn();
        serve_all(recvs);
    }
    const auto waiting = SubmitToAll(Kind::RecvLent);
    Turn();

    Io().DropSpares();

    EXPECT_LE(Buffers().Out(), before);
    serve_all(waiting);
}

class LendingContract : public EngineContract {
protected:
    static constexpr std::uint32_t kProvided = 4;
    static constexpr std::size_t kLent = 3;
    static constexpr std::size_t kBufferSize = 64;

    LendingContract() {
        options.receive_buffer = kBufferSize;
        options.provided_buffers = kProvided;
        options.max_receive_buffers = kLent;
        RemakeEngine();
    }

    // Receives without giving back, until a receive finds no buffer. The last of these is the one that found none.
    std::vector<IOCP_Operation*> LendAll(SocketHandle socket) {
        std::vector<IOCP_Operation*> recvs;
        do recvs.push_back(&Complete(New(Kind::RecvLent, socket)));
        while (recvs.back()->native_code == 0 && recvs.back()->transferred > 0);
        return recvs;
    }

    std::string TakeAll(const std::vector<IOCP_Operation*>& recvs) {
        std::string text;
        for (IOCP_Operation* recv : recvs) {
            text += TakeText(*recv);
            Release(*recv);
        }
        return text;
    }
};
INSTANTIATE_TEST_SUITE_P(Each, LendingContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(LendingContract, WithoutABufferARecvEndsAsFullAndLosesNothing) {
    const std::string sent = Pattern(kBufferSize * 100);
    const Link link = NewLink();
    link.peer.Send(sent);

    std::string received;
    while (received.size() < sent.size()) {
        const auto recvs = LendAll(link.near);
        EXPECT_GE(recvs.size(), kLent + 1);
        EXPECT_LE(recvs.size(), kLent + kProvided + 1);
        EXPECT_EQ(OutcomeOf(*recvs.back()), Outcome::Full);
        EXPECT_EQ(recvs.back()->transferred, 0U);
        EXPECT_EQ(recvs.back()->buffer, nullptr);
        received += TakeAll(recvs);
        if (sent.size() - received.size() > (kLent + kProvided) * kBufferSize) continue;
        received += ReceiveText(link.near, sent.size() - received.size());
    }

    EXPECT_EQ(received, sent);
}

TEST_P(LendingContract, WithoutABufferARecvStillWaitsForBytes) {
    const Link busy = NewLink();
    const Link idle = NewLink();
    busy.peer.Send(Pattern(kBufferSize * 100));
    const auto lent = LendAll(busy.near);
    IOCP_Operation& recv = New(Kind::RecvLent, idle.near);
    std::atomic<bool> sent = false;
    Rival rival([&] {
        for (int i = 0; i < 1000; ++i) std::this_thread::yield();
        sent = true;
        idle.peer.Send("now");
    });

    SubmitPending(recv);
    rival.BeginRound();
    int turns = 0;
    for (; IsPending(recv); ++turns) Turn(kForever);

    EXPECT_LE(turns, 5) << "it spins";
    EXPECT_TRUE(sent);
    EXPECT_EQ(OutcomeOf(recv), Outcome::Full);
    EXPECT_NE(TakeAll(lent), "");
    EXPECT_EQ(TakeText(Complete(New(Kind::RecvLent, idle.near))), "now");
}

TEST_P(LendingContract, AReturnedBufferServesTheNext) {
    const std::string sent = Pattern(kBufferSize * 40);
    const Link link = NewLink();
    link.peer.Send(sent);
    auto recvs = LendAll(link.near);
    Release(*recvs.back());
    recvs.pop_back();

    std::string received;
    while (received.size() < kBufferSize * 20) {
        received += TakeAll({recvs.front()});
        recvs.erase(recvs.begin());
        recvs.push_back(&Complete(New(Kind::RecvLent, link.near)));
        ASSERT_EQ(recvs.back()->native_code, 0);
    }
    received += TakeAll(recvs);

    EXPECT_EQ(received, sent.substr(0, received.size()));
}

}  // namespace iocp_test
