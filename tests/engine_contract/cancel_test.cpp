// SPDX-License-Identifier: MIT
#include "contract.h"

namespace iocp_test {

class CancelContract : public EngineContract {
protected:
    // An operation that stays pending until somebody does something about it.
    IOCP_Operation& NewIdle(Kind kind) {
        switch (kind) {
            case Kind::Accept: return New(kind, Listen());
            case Kind::RecvFrom: return New(kind, OpenDatagrams(), Memory(8));
            case Kind::RecvLent: return New(kind, links_.emplace_back(NewLink()).near);
            default: return New(Kind::Recv, links_.emplace_back(NewLink()).near, Memory(8));
        }
    }

    static constexpr std::array kIdleKinds{Kind::Accept, Kind::Recv, Kind::RecvLent, Kind::RecvFrom};

    std::deque<Link> links_;
};
INSTANTIATE_TEST_SUITE_P(Each, CancelContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(CancelContract, ACancelledOperationIsYieldedAsCancelled) {
    for (const Kind kind : kIdleKinds) {
        IOCP_Operation& idle = NewIdle(kind);
        SubmitPending(idle);
        Turn();

        Cancel(idle);
        EXPECT_TRUE(IsPending(idle));
        EXPECT_EQ(idle.state, State::Pending);
        AwaitEnd(idle);

        EXPECT_TRUE(WasCancelled(idle));
        EXPECT_EQ(idle.transferred, 0U);
        EXPECT_EQ(idle.buffer, nullptr);
        EXPECT_TRUE(kind != Kind::Accept || idle.Far().accepted == iocp::kNoSocket);
    }
}

TEST_P(CancelContract, AnOperationIsCancelledInTheTurnInWhichItWasSubmitted) {
    for (const Kind kind : kIdleKinds) {
        IOCP_Operation& idle = NewIdle(kind);

        SubmitPending(idle);
        Cancel(idle);
        AwaitEnd(idle);

        EXPECT_TRUE(WasCancelled(idle));
    }
}

TEST_P(CancelContract, AskingTwiceEndsItOnce) {
    for (const Kind kind : kIdleKinds) {
        IOCP_Operation& idle = NewIdle(kind);
        SubmitPending(idle);
        Turn();

        Cancel(idle);
        Cancel(idle);
        AwaitEnd(idle);

        EXPECT_TRUE(WasCancelled(idle));
    }
}

TEST_P(CancelContract, ACancelAfterTheEndLosesNothing) {
    constexpr int kRounds = 200;
    for (const Kind kind : {Kind::Recv, Kind::RecvLent}) {
        const Link link = NewLink();
        std::string received;
        for (int i = 0; i < kRounds; ++i) {
            IOCP_Operation& recv = New(kind, link.near, kind == Kind::Recv ? Memory(8) : std::span<std::byte>());
            const bool pending = Submit(recv) == Submission::Pending;
            Turn();
            link.peer.Send("x");
            if (pending && IsPending(recv)) Cancel(recv);
            AwaitEnd(recv);
            if (!WasCancelled(recv)) {
                ASSERT_EQ(recv.native_code, 0);
                received += TakeText(recv);
            }
            Release(recv);
        }

        received += ReceiveText(link.near, kRounds - received.size());
        EXPECT_EQ(received, std::string(kRounds, 'x'));
    }
}

TEST_P(CancelContract, ACancelledSendTellsWhatHasLeft) {
    Link link = NewLink();
    const std::string text = Pattern(24 << 20);
    auto left = Memory(text);
    std::size_t sent = 0;
    IOCP_Operation* send = nullptr;
    for (;;) {
        send = &New(Kind::Send, link.near, left);
        if (Submit(*send) == Submission::Pending) break;
        ASSERT_EQ(send->native_code, 0);
        sent += send->transferred;
        left = left.subspan(send->transferred);
        ASSERT_FALSE(left.empty()) << "everything fitted in";
    }
    Turn();
    ASSERT_TRUE(IsPending(*send));

    Cancel(*send);
    AwaitEnd(*send);
    sent += send->transferred;
    Close(link.near);
    Turn();

    EXPECT_TRUE(WasCancelled(*send) || send->transferred > 0);
    EXPECT_LT(sent, text.size());
    EXPECT_TRUE(link.peer.ReceiveAll() == text.substr(0, sent)) << "the bytes differ";
}

TEST_P(CancelContract, TheSocketWorksOnAfterACancel) {
    Link link = NewLink();
    for (const Kind kind : {Kind::Recv, Kind::RecvLent}) {
        IOCP_Operation& recv = New(kind, link.near, kind == Kind::Recv ? Memory(8) : std::span<std::byte>());
        SubmitPending(recv);
        Turn();
        Cancel(recv);
        AwaitEnd(recv);

        link.peer.Send("after");
        EXPECT_EQ(ReceiveText(link.near, 5), "after");
        Complete(New(Kind::Send, link.near, Memory("as well")));
        EXPECT_EQ(link.peer.Receive(7), "as well");
    }
}

}  // namespace iocp_test
