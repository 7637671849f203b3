// SPDX-License-Identifier: MIT
#include "contract.h"

namespace iocp_test {

// Receives whose bytes are expected soon.
class EagerContract : public EngineContract {
protected:
    IOCP_Operation& NewEager(Kind kind, const Link& link) {
        IOCP_Operation& recv = New(kind, link.near, kind == Kind::Recv ? Memory(100) : std::span<std::byte>());
        recv.eager = true;
        return recv;
    }

    static constexpr std::array kKinds{Kind::Recv, Kind::RecvLent};
};
INSTANTIATE_TEST_SUITE_P(Each, EagerContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(EagerContract, BytesComeAtOnceAndLater) {
    for (const Kind kind : kKinds) {
        const Link link = NewLink();

        link.peer.Send("first");
        IOCP_Operation& first = Complete(NewEager(kind, link));
        IOCP_Operation& second = NewEager(kind, link);
        SubmitPending(second);
        Turn();
        link.peer.Send("second");
        AwaitEnd(second);

        EXPECT_EQ(TakeText(first), "first");
        EXPECT_EQ(TakeText(second), "second");
    }
}

TEST_P(EagerContract, WaitsForLongWithoutABuffer) {
    const Link link = NewLink();
    const std::size_t out = Buffers().Out();
    IOCP_Operation& lent = NewEager(Kind::RecvLent, link);
    SubmitPending(lent);
    Turn();

    while (Buffers().Out() != out) Turn(kForever);

    EXPECT_TRUE(IsPending(lent));
    link.peer.Send("hello");
    AwaitEnd(lent);
    EXPECT_EQ(TakeText(lent), "hello");
}

TEST_P(EagerContract, NoMoreBuffersAreHeldThanProvided) {
    constexpr std::size_t kLinks = 8;
    options.provided_buffers = 2;
    RemakeEngine();
    std::vector<Link> links;
    while (links.size() < kLinks) links.push_back(NewLink());
    const std::size_t out = Buffers().Out();

    std::vector<IOCP_Operation*> recvs;
    for (const Link& link : links) {
        recvs.push_back(&NewEager(Kind::RecvLent, link));
        SubmitPending(*recvs.back());
    }
    Turn();

    EXPECT_LE(Buffers().Out(), out + options.provided_buffers);
    for (std::size_t i = kLinks; i-- > 0;) {
        links[i].peer.Send("hello");
        AwaitEnd(*recvs[i]);
        EXPECT_EQ(TakeText(*recvs[i]), "hello");
    }
}

TEST_P(EagerContract, TheEndOfTheStreamIsASuccessOfNoBytes) {
    for (const Kind kind : kKinds) {
        const Link link = NewLink();
        IOCP_Operation& waiting = NewEager(kind, link);
        SubmitPending(waiting);
        Turn();

        link.peer.FinishSending();
        AwaitEnd(waiting);
        IOCP_Operation& again = Complete(NewEager(kind, link));

        for (const IOCP_Operation* recv : {&waiting, &again}) {
            EXPECT_EQ(recv->native_code, 0);
            EXPECT_EQ(recv->transferred, 0U);
            EXPECT_EQ(recv->buffer, nullptr);
        }
    }
}

TEST_P(EagerContract, AResetEndsIt) {
    for (const Kind kind : kKinds) {
        Link link = NewLink();
        IOCP_Operation& waiting = NewEager(kind, link);
        SubmitPending(waiting);
        Turn();

        link.peer.Reset();
        AwaitEnd(waiting);

        EXPECT_EQ(OutcomeOf(waiting), Outcome::Reset);
        EXPECT_EQ(waiting.transferred, 0U);
        EXPECT_EQ(waiting.buffer, nullptr);
    }
}

TEST_P(EagerContract, ACancelledOneHoldsNothing) {
    for (const Kind kind : kKinds) {
        const Link link = NewLink();
        IOCP_Operation& waiting = NewEager(kind, link);
        SubmitPending(waiting);
        Turn();

        Cancel(waiting);
        AwaitEnd(waiting);

        EXPECT_TRUE(WasCancelled(waiting));
        EXPECT_EQ(waiting.transferred, 0U);
        EXPECT_EQ(waiting.buffer, nullptr);
    }
}

}  // namespace iocp_test
