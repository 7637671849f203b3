// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <array>
#include <string_view>

namespace iocp_test {

using OutcomeTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, OutcomeTest, EveryEngine(), NameOfEngine);

namespace {

constexpr std::size_t kMoreThanBuffersHold = std::size_t{24} << 20;

}  // namespace

TEST_P(OutcomeTest, ThePeersEndOfSendingIsClosed) {
    Serve(Listen);
    Peer peer(Where());

    peer.Send("something");
    EXPECT_EQ(notes.Next(), "ok");
    peer.FinishSending();

    EXPECT_EQ(notes.Next(), "closed");
}

TEST_P(OutcomeTest, ABrokenConnectionIsReset) {
    Serve(Listen);
    Peer peer(Where());

    peer.Send("something");
    EXPECT_EQ(notes.Next(), "ok");
    Settle();
    peer.Reset();

    EXPECT_EQ(notes.Next(), "reset");
}

TEST_P(OutcomeTest, ABrokenConnectionStaysReset) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await client.Send("ready");
        const auto first = co_await client.Recv();
        const auto send = co_await client.Send("anyone?");
        const auto second = co_await client.Recv();
        std::array<std::byte, 10> memory;
        const auto third = co_await client.Recv(memory);
        for (const Outcome why : {first.Why(), send.Why(), second.Why(), third.Why()}) test.notes.Write(why);
    });
    Peer peer(Where());

    EXPECT_EQ(peer.Receive(5), "ready");
    Settle();
    peer.Reset();

    EXPECT_EQ(notes.NextSorted(4), Times(4, "reset"));
}

TEST_P(OutcomeTest, ASendUnderWayIsResetWithTheConnection) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const std::string bytes(kMoreThanBuffersHold, 'x');
        test.notes.Write("sending");
        const auto sent = co_await client.Send(bytes);
        const auto next = co_await client.Send("next");
        test.notes.Write(sent);
        test.notes.Write(next);
        test.notes.Write(sent.size() < bytes.size() ? "in part" : "whole");
    });
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), "sending");
    Settle();
    peer.Reset();

    EXPECT_EQ(notes.Next(), "reset");
    EXPECT_EQ(notes.Next(), "reset");
    EXPECT_EQ(notes.Next(), "in part");
}

TEST_P(OutcomeTest, APeerThatHasFinishedSendingGetsAllThatIsSent) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await Listen(client, test);
        const std::string bytes = Noise(4 << 20);
        test.notes.Write(co_await client.Send(bytes));
    });
    Peer peer(Where());

    peer.FinishSending();

    EXPECT_EQ(notes.Next(), "closed");
    EXPECT_TRUE(peer.ReceiveAll() == Noise(4 << 20));
    EXPECT_EQ(notes.Next(), "ok");
}

TEST_P(OutcomeTest, ClosedStaysClosed) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await Listen(client, test);
        co_await Listen(client, test);
    });
    Peer peer(Where());

    peer.FinishSending();

    EXPECT_EQ(notes.NextSorted(2), Times(2, "closed"));
}

TEST_P(OutcomeTest, WhatWasSentLastArrivesAlthoughTheHandlerLeftBytesUnread) {
    options.linger = kPatience;
    Serve([](IOCP_Client& client, Conformance&) -> Task<> {
        std::array<std::byte, 1> one;
        co_await client.Recv(one);
        const std::string bytes = Noise(2 << 20);
        co_await client.Send(bytes);
    });
    Peer peer(Where());

    peer.Send(std::string(10'000, 'x'));

    EXPECT_TRUE(peer.Receive(2 << 20) == Noise(2 << 20));
    EXPECT_EQ(peer.AwaitEnd(), StreamEnd::Closed);
}

TEST_P(OutcomeTest, AHandlerThatReturnsClosesTheConnection) {
    Serve([](IOCP_Client&, Conformance&) -> Task<> { co_return; });
    Peer peer(Where());

    EXPECT_EQ(peer.AwaitEnd(), StreamEnd::Closed);
}

TEST_P(OutcomeTest, RecvFillsTheMemoryThatItIsGiven) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        std::array<char, 8> memory{};
        for (;;) {
            const auto filled = co_await client.Recv(std::as_writable_bytes(std::span(memory)));
            if (!filled) break;
            test.notes.Write(std::string(memory.data(), filled.size()));
        }
    });
    Peer peer(Where());

    peer.Send("12345678");
    EXPECT_EQ(notes.Next(), "12345678");
    peer.Send("9");
    EXPECT_EQ(notes.Next(), "9");
}

TEST_P(OutcomeTest, BytesBeyondTheMemoryStayForTheNextRecv) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        std::array<char, 3> memory{};
        std::string all;
        while (all.size() < 8) {
            const auto filled = co_await client.Recv(std::as_writable_bytes(std::span(memory)));
            all += std::string_view(memory.data(), filled.size());
        }
        test.notes.Write(all);
    });
    Peer peer(Where());

    peer.Send("12345678");

    EXPECT_EQ(notes.Next(), "12345678");
}

TEST_P(OutcomeTest, ALeaseKeepsItsBytesWhileOthersArrive) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto first = co_await client.Recv();
        co_await client.Send("next");
        const auto second = co_await client.Recv();
        test.notes.Write(std::string(first.Text()) + " then " + std::string(second.Text()));
    });
    Peer peer(Where());

    peer.Send("one");
    EXPECT_EQ(peer.Receive(4), "next");
    peer.Send("two");

    EXPECT_EQ(notes.Next(), "one then two");
}

}  // namespace iocp_test
