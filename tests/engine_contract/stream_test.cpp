// SPDX-License-Identifier: MIT
#include "contract.h"

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

namespace iocp_test {

class StreamContract : public EngineContract {};
INSTANTIATE_TEST_SUITE_P(Each, StreamContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(StreamContract, RecvWaitsUntilBytesArrive) {
    const Link link = NewLink();
    IOCP_Operation& recv = New(Kind::Recv, link.near, Memory(100));

    SubmitPending(recv);
    Turn();
    EXPECT_TRUE(IsPending(recv));
    link.peer.Send("hello");
    AwaitEnd(recv);

    EXPECT_EQ(recv.native_code, 0);
    EXPECT_EQ(TakeText(recv), "hello");
}

TEST_P(StreamContract, RecvOfBytesThatAreThereEndsOnce) {
    constexpr int kRounds = 100;
    const Link link = NewLink();

    for (int i = 0; i < kRounds; ++i) {
        link.peer.Send("x");
        IOCP_Operation& recv = New(Kind::Recv, link.near, Memory(8));
        if (Submit(recv) == Submission::Finished) {
            EXPECT_EQ(recv.transferred, 1U);
            EXPECT_EQ(Turn(), 0U);
        }
        AwaitEnd(recv);
        ASSERT_EQ(recv.native_code, 0);
        ASSERT_EQ(TakeText(recv), "x");
        Release(recv);
    }
}

TEST_P(StreamContract, RecvNeverBringsMoreThanItsMemoryHolds) {
    const std::string sent = Pattern(1000);
    const Link link = NewLink();
    const auto memory = Memory(11);
    link.peer.Send(sent);

    std::string received;
    while (received.size() < sent.size()) {
        IOCP_Operation& recv = Complete(New(Kind::Recv, link.near, memory.first(10)));
        ASSERT_EQ(recv.native_code, 0);
        ASSERT_GE(recv.transferred, 1U);
        ASSERT_LE(recv.transferred, 10U);
        received += TakeText(recv);
        Release(recv);
    }

    EXPECT_EQ(received, sent);
    EXPECT_EQ(memory.back(), std::byte{0});
}

TEST_P(StreamContract, SingleBytesComeInOrder) {
    const std::string sent = Pattern(2000);
    const Link link = NewLink();
    const auto memory = Memory(1);

    std::string received;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        link.peer.Send(sent.substr(i, 1));
        IOCP_Operation& recv = Complete(New(Kind::Recv, link.near, memory));
        ASSERT_EQ(recv.transferred, 1U);
        received += TakeText(recv);
        Release(recv);
    }

    EXPECT_EQ(received, sent);
}

TEST_P(StreamContract, WaitingForBytesHoldsNoBuffer) {
    constexpr int kLinks = 20;
    std::vector<Link> links;
    for (int i = 0; i < kLinks; ++i) links.push_back(NewLink());
    const std::size_t out = Buffers().Out();

    std::vector<IOCP_Operation*> recvs;
    for (const Link& link : links) {
        recvs.push_back(&New(Kind::RecvLent, link.near));
        SubmitPending(*recvs.back());
        Turn();
        ASSERT_EQ(recvs.back()->buffer, nullptr);
        ASSERT_EQ(Buffers().Out(), out);
    }

    for (std::size_t i = 0; i < links.size(); ++i) {
        links[i].peer.Send("hello");
        AwaitEnd(*recvs[i]);
        EXPECT_EQ(recvs[i]->native_code, 0);
        ASSERT_NE(recvs[i]->buffer, nullptr);
        EXPECT_EQ(Buffers().Out(), out + 1);
        EXPECT_EQ(TakeText(*recvs[i]), "hello");
        EXPECT_EQ(Buffers().Out(), out);
    }
}

TEST_P(StreamContract, LentBuffersBringTheStreamInOrder) {
    options.receive_buffer = 512;
    RemakeEngine();
    const std::string sent = Pattern(20'000);
    const Link link = NewLink();
    link.peer.Send(sent);

    std::string received;
    while (received.size() < sent.size()) {
        IOCP_Operation& recv = Complete(New(Kind::RecvLent, link.near));
        ASSERT_EQ(recv.native_code, 0);
        ASSERT_NE(recv.buffer, nullptr);
        ASSERT_LE(recv.transferred, options.receive_buffer);
        received += TakeText(recv);
        Release(recv);
    }

    EXPECT_EQ(received, sent);
}

TEST_P(StreamContract, TheEndOfTheStreamIsASuccessOfNoBytes) {
    for (const Kind kind : {Kind::Recv, Kind::RecvLent}) {
        const Link link = NewLink();
        IOCP_Operation& waiting = New(kind, link.near, Memory(kind == Kind::Recv ? 8 : 0));
        SubmitPending(waiting);
        Turn();

        link.peer.FinishSending();
        AwaitEnd(waiting);
        IOCP_Operation& again = Complete(New(kind, link.near, Memory(kind == Kind::Recv ? 8 : 0)));

        for (const IOCP_Operation* recv : {&waiting, &again}) {
            EXPECT_EQ(recv->native_code, 0);
            EXPECT_EQ(recv->transferred, 0U);
            EXPECT_EQ(recv->buffer, nullptr);
        }
    }
}

TEST_P(StreamContract, TheEndOfTheStreamComesAfterItsBytes) {
    for (const std::size_t most : {std::size_t{3}, std::size_t{6}, std::size_t{100}}) {
        Link link = NewLink();
        link.peer.Send("abcdef");
        link.peer.FinishSending();

        std::string received;
        for (;;) {
            IOCP_Operation& recv = Complete(New(Kind::Recv, link.near, Memory(most)));
            ASSERT_EQ(recv.native_code, 0);
            if (recv.transferred == 0) break;
            received += TakeText(recv);
        }
        EXPECT_EQ(received, "abcdef");

        Complete(New(Kind::Send, link.near, Memory("still here")));
        EXPECT_EQ(link.peer.Receive(10), "still here");
    }
}

TEST_P(StreamContract, AResetEndsWhatWaits) {
    Link link = NewLink();
    IOCP_Operation& recv = New(Kind::Recv, link.near, Memory(8));
    SubmitPending(recv);
    Turn();

    link.peer.Reset();
    AwaitEnd(recv);
    IOCP_Operation& send = Complete(New(Kind::Send, link.near, Memory("too late")));

    EXPECT_EQ(OutcomeOf(recv), Outcome::Reset);
    EXPECT_EQ(recv.transferred, 0U);
    EXPECT_EQ(OutcomeOf(send), Outcome::Reset);
    EXPECT_EQ(send.transferred, 0U);
}

TEST_P(StreamContract, SendDelivers) {
    Link link = NewLink();

    IOCP_Operation& send = Complete(New(Kind::Send, link.near, Memory("hello")));

    EXPECT_EQ(send.native_code, 0);
    EXPECT_EQ(send.transferred, 5U);
    EXPECT_EQ(link.peer.Receive(5), "hello");
}

TEST_P(StreamContract, SendsOfAllSizesArriveInOrder) {
    const std::string sent = Pattern(24 << 20);
    Link link = NewLink();
    std::string received;
    std::thread reading([&] { received = link.peer.Receive(sent.size()); });

    auto left = Memory(sent);
    for (std::size_t size = 1; !left.empty(); size = size * 3 + 1) {
        IOCP_Operation& send = Complete(New(Kind::Send, link.near, left.first(std::min(size, left.size()))));
        EXPECT_EQ(send.native_code, 0);
        EXPECT_GE(send.transferred, 1U);
        EXPECT_LE(send.transferred, send.size);
        if (HasFailure()) break;
        left = left.subspan(send.transferred);
        Release(send);
    }
    if (HasFailure()) Close(link.near);
    Turn();
    reading.join();

    EXPECT_TRUE(received == sent) << "the bytes differ";
}

TEST_P(StreamContract, ASendWaitsForAPeerThatDoesNotRead) {
    const std::string sent = Pattern(24 << 20);
    Link link = NewLink();
    auto left = Memory(sent);
    IOCP_Operation* waiting = nullptr;
    while (!left.empty()) {
        waiting = &New(Kind::Send, link.near, left);
        if (Submit(*waiting) == Submission::Pending) break;
        ASSERT_EQ(waiting->native_code, 0);
        left = left.subspan(waiting->transferred);
        Release(*waiting);
    }
    ASSERT_FALSE(left.empty()) << "everything fitted in";

    std::string received;
    std::thread reading([&] { received = link.peer.Receive(sent.size()); });
    AwaitEnd(*waiting);
    while (waiting->native_code == 0 && waiting->transferred < left.size()) {
        left = left.subspan(waiting->transferred);
        waiting = &Complete(New(Kind::Send, link.near, left));
    }
    EXPECT_EQ(waiting->native_code, 0);
    if (HasFailure()) Close(link.near);
    reading.join();

    EXPECT_TRUE(received == sent) << "the bytes differ";
}

TEST_P(StreamContract, BothDirectionsAreIndependent) {
    Link link = NewLink();
    IOCP_Operation& recv = New(Kind::RecvLent, link.near);
    SubmitPending(recv);

    IOCP_Operation& send = Complete(New(Kind::Send, link.near, Memory("question")));
    EXPECT_EQ(send.native_code, 0);
    EXPECT_TRUE(IsPending(recv));
    EXPECT_EQ(link.peer.Receive(8), "question");
    link.peer.Send("answer");
    AwaitEnd(recv);

    EXPECT_EQ(TakeText(recv), "answer");
}

}  // namespace iocp_test
