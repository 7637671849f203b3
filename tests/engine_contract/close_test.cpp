// SPDX-License-Identifier: MIT
#include "contract.h"

#include <unordered_set>

namespace iocp_test {

class CloseContract : public EngineContract {};
INSTANTIATE_TEST_SUITE_P(Each, CloseContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(CloseContract, ThePeerSeesTheEnd) {
    Link link = NewLink();
    Complete(New(Kind::Send, link.near, Memory("last words")));

    Close(link.near);
    Turn();

    EXPECT_EQ(link.peer.ReceiveAll(), "last words");
    EXPECT_EQ(link.peer.AwaitEnd(), StreamEnd::Closed);
}

TEST_P(CloseContract, WhatIsPendingIsYieldedAfterTheClose) {
    constexpr int kRounds = 50;
    for (int i = 0; i < kRounds; ++i) {
        Link link = NewLink();
        IOCP_Operation& recv = New(i % 2 == 0 ? Kind::Recv : Kind::RecvLent, link.near, Memory(i % 2 == 0 ? 8 : 0));
        SubmitPending(recv);
        if (i % 4 < 2) Turn();

        Cancel(recv);
        Close(link.near);
        EXPECT_TRUE(IsPending(recv));
        AwaitEnd(recv);
        Turn();

        ASSERT_TRUE(WasCancelled(recv));
        ASSERT_NE(link.peer.AwaitEnd(), StreamEnd::Open);
        Release(recv);
    }
}

TEST_P(CloseContract, ASendUnderWayIsYieldedAfterTheClose) {
    Link link = NewLink();
    IOCP_Operation& recv = New(Kind::Recv, link.near, Memory(8));
    SubmitPending(recv);
    const auto memory = Memory(24 << 20);
    IOCP_Operation* send = &New(Kind::Send, link.near, memory);
    while (Submit(*send) == Submission::Finished) {
        ASSERT_EQ(send->native_code, 0);
        send = &New(Kind::Send, link.near, memory);
    }
    Turn();

    Cancel(recv);
    Cancel(*send);
    Close(link.near);
    AwaitAll();
    Turn();

    EXPECT_TRUE(WasCancelled(recv));
    EXPECT_TRUE(WasCancelled(*send) || send->transferred > 0);
    EXPECT_NE(link.peer.AwaitEnd(), StreamEnd::Open);
}

// The system gives the number of a closed socket to the next one. What was going on for the old one must not reach it.
TEST_P(CloseContract, ASocketWithTheNumberOfAClosedOneIsItsOwn) {
    constexpr int kEnough = 50;
    constexpr int kMost = 2000;
    int reused = 0;
    std::unordered_set<SocketHandle> closed;

    for (int i = 0; i < kMost && reused < kEnough; ++i) {
        const Link old = NewLink();
        IOCP_Operation& old_recv = New(i % 2 == 0 ? Kind::Recv : Kind::RecvLent, old.near, Memory(i % 2 == 0 ? 8 : 0));
        SubmitPending(old_recv);
        if (i % 4 < 2) Turn();
        old.peer.Send("for the old one");
        Cancel(old_recv);
        Close(old.near);
        closed.insert(old.near);
        if (i % 3 == 0) Turn();

        const Link fresh = NewLink();
        reused += closed.erase(fresh.near) > 0 ? 1 : 0;
        IOCP_Operation& recv = New(Kind::RecvLent, fresh.near);
        SubmitPending(recv);
        AwaitEnd(old_recv);
        Turn();
        ASSERT_TRUE(IsPending(recv));
        fresh.peer.Send("mine");
        AwaitEnd(recv);

        ASSERT_EQ(recv.native_code, 0);
        ASSERT_EQ(TakeText(recv), "mine");
        Close(fresh.near);
        closed.insert(fresh.near);
        Release(old_recv);
        Release(recv);
    }

    EXPECT_GE(reused, kEnough);
}

}  // namespace iocp_test
