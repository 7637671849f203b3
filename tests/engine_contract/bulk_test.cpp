// SPDX-License-Identifier: MIT
#include "contract.h"

#include <thread>

namespace iocp_test {

// Receives that expect much, and sends of much.
class BulkContract : public EngineContract {
protected:
    IOCP_Operation& NewBulk(Kind kind, const Link& link) {
        IOCP_Operation& recv = New(kind, link.near, kind == Kind::Recv ? Memory(100) : std::span<std::byte>());
        recv.bulk = true;
        return recv;
    }

    IOCP_Operation& NewPending(Kind kind, const Link& link) {
        IOCP_Operation& recv = NewBulk(kind, link);
        SubmitPending(recv);
        Turn();
        EXPECT_TRUE(IsPending(recv));
        return recv;
    }

    static constexpr std::array kKinds{Kind::Recv, Kind::RecvLent};
};
INSTANTIATE_TEST_SUITE_P(Each, BulkContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(BulkContract, BytesComeAtOnceAndLater) {
    for (const Kind kind : kKinds) {
        const Link link = NewLink();

        link.peer.Send("first");
        IOCP_Operation& first = Complete(NewBulk(kind, link));
        EXPECT_EQ(TakeText(first), "first");
        IOCP_Operation& second = NewPending(kind, link);
        link.peer.Send("second");
        AwaitEnd(second);

        EXPECT_EQ(TakeText(second), "second");
    }
}

TEST_P(BulkContract, ManyThatEndTogetherEndOnceEach) {
    constexpr int kLinks = 30;
    std::vector<Link> links;
    std::vector<IOCP_Operation*> recvs;
    for (int i = 0; i < kLinks; ++i) {
        links.push_back(NewLink());
        recvs.push_back(&NewPending(Kind::RecvLent, links.back()));
    }

    for (const Link& link : links) link.peer.Send("hello");
    AwaitAll();

    for (IOCP_Operation* recv : recvs) EXPECT_EQ(TakeText(*recv), "hello");
}

// An engine may have ends that it has not yielded yet, with the bytes they brought.
TEST_P(BulkContract, SparesThatGoTakeNoBytesWithThem) {
    constexpr std::size_t kLinks = 12;
    std::vector<Link> links;
    std::vector<IOCP_Operation*> recvs;
    for (std::size_t i = 0; i < kLinks; ++i) {
        links.push_back(NewLink());
        recvs.push_back(i == 0 ? &NewPending(Kind::RecvLent, links[i]) : &New(Kind::RecvLent, links[i].near));
        if (i > 0) SubmitPending(*recvs[i]);
    }
    Turn();
    for (std::size_t i = 0; i < kLinks; ++i) links[i].peer.Send("bytes for " + std::to_string(i));
    AwaitEnd(*recvs[0]);

    Io().DropSpares();
    const Link other = NewLink();
    other.peer.Send("for somebody else");
    AwaitEnd(Complete(New(Kind::RecvLent, other.near)));
    AwaitAll();

    for (std::size_t i = 0; i < kLinks; ++i) EXPECT_EQ(TakeText(*recvs[i]), "bytes for " + std::to_string(i));
}

TEST_P(BulkContract, TheEndOfTheStreamIsNoBytesAndNoBuffer) {
    for (const Kind kind : kKinds) {
        Link link = NewLink();
        IOCP_Operation& recv = NewPending(kind, link);

        link.peer.FinishSending();
        AwaitEnd(recv);

        EXPECT_EQ(recv.native_code, 0);
        EXPECT_EQ(recv.transferred, 0U);
        EXPECT_EQ(recv.buffer, nullptr);
    }
}

TEST_P(BulkContract, AResetIsTold) {
    for (const Kind kind : kKinds) {
        Link link = NewLink();
        IOCP_Operation& recv = NewPending(kind, link);

        link.peer.Reset();
        AwaitEnd(recv);

        EXPECT_EQ(OutcomeOf(recv), Outcome::Reset);
        EXPECT_EQ(recv.buffer, nullptr);
    }
}

TEST_P(BulkContract, ACancelLosesNoBytes) {
    constexpr int kRounds = 20;
    for (const Kind kind : kKinds) {
        const Link link = NewLink();
        for (int i = 0; i < kRounds; ++i) {
            IOCP_Operation& recv = NewPending(kind, link);
            if (i % 2 == 0) link.peer.Send("x");
            Cancel(recv);
            AwaitEnd(recv);

            const bool cancelled = WasCancelled(recv);
            if (i % 2 != 0) {
                EXPECT_TRUE(cancelled);
                continue;
            }
            IOCP_Operation& has_it = cancelled ? Complete(NewBulk(kind, link)) : recv;
            ASSERT_EQ(TakeText(has_it), "x");
        }
    }
}

TEST_P(BulkContract, WithoutABufferItEndsAsFull) {
    const Link link = NewLink();
    IOCP_Operation& recv = NewPending(Kind::RecvLent, link);
    std::vector<iocp::detail::Buffer*> taken;
    while (iocp::detail::Buffer* const buffer = Buffers().Acquire()) taken.push_back(buffer);

    link.peer.Send("hello");
    AwaitEnd(recv);

    // An engine may have kept one of its own.
    EXPECT_TRUE(OutcomeOf(recv) == Outcome::Full || TakeText(recv) == "hello");
    for (iocp::detail::Buffer* const buffer : taken) buffer->GiveBack();
}

TEST_P(BulkContract, MuchThatIsSentArrivesInOrder) {
    const std::string content = Pattern(std::size_t{16} << 20);
    Link link = NewLink();
    std::string received;
    std::thread reading([&] { received = link.peer.ReceiveAll(); });

    const auto bytes = Memory(content);
    for (std::size_t sent = 0; sent < bytes.size();) {
        IOCP_Operation& send = Complete(New(Kind::Send, link.near, bytes.subspan(sent)));
        ASSERT_EQ(send.native_code, 0);
        ASSERT_GT(send.transferred, 0U);
        sent += send.transferred;
        Release(send);
    }
    Close(link.near);
    Turn();
    reading.join();

    EXPECT_TRUE(received == content) << "the bytes differ";
}

TEST_P(BulkContract, ASendOfMuchIsToldOfAReset) {
    const auto bytes = Memory(std::size_t{1} << 20);
    Link link = NewLink();
    link.peer.Reset();
    Turn();

    Outcome outcome = Outcome::Ok;
    for (int i = 0; i < 1'000 && outcome == Outcome::Ok; ++i) {
        IOCP_Operation& send = Complete(New(Kind::Send, link.near, bytes));
        outcome = OutcomeOf(send);
        Release(send);
    }

    EXPECT_EQ(outcome, Outcome::Reset);
}

}  // namespace iocp_test
