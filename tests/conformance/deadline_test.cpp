// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <array>

namespace iocp_test {

using DeadlineTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, DeadlineTest, EveryEngine(), NameOfEngine);

namespace {

constexpr std::size_t kMoreThanBuffersHold = std::size_t{24} << 20;

Task<> SendBriefly(std::shared_ptr<IOCP_Client> client, Conformance& test) {
    const auto sent = co_await client->Send("late").Within(20ms);
    test.notes.Write("brief: " + std::string(ToString(sent.Why())) + " " + std::to_string(sent.size()));
}

}  // namespace

TEST_P(DeadlineTest, ARecvThatNobodyAnswersTimesOut) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write(co_await client.Recv().Within(20ms));
        std::array<std::byte, 10> memory;
        test.notes.Write(co_await client.Recv(memory).Within(20ms));
        test.notes.Write(co_await client.Recv().Until(std::chrono::steady_clock::now() + 20ms));
        test.notes.Write(co_await client.Recv().Until(std::chrono::steady_clock::now() - 1h));
        test.notes.Write(co_await client.Recv().Within(0ms));
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.NextSorted(5), Times(5, "timeout"));
}

TEST_P(DeadlineTest, ADeadlineIsNotReachedEarly) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto begin = std::chrono::steady_clock::now();
        const auto message = co_await client.Recv().Within(100ms);
        const bool early = std::chrono::steady_clock::now() - begin < 100ms;
        test.notes.Write(message);
        test.notes.Write(early ? "early" : "in time");
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "timeout");
    EXPECT_EQ(notes.Next(), "in time");
}

TEST_P(DeadlineTest, ARecvThatTimedOutHasTakenNothing) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        auto message = co_await client.Recv().Within(20ms);
        test.notes.Write(message);
        message = co_await client.Recv().Within(1h);
        test.notes.Write(std::string(message.Text()));
    });
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), "timeout");
    peer.Send("hello");
    EXPECT_EQ(notes.Next(), "hello");
}

TEST_P(DeadlineTest, NoByteIsLostBetweenDeadlinesAndArrivals) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        std::string all;
        Outcome last = Outcome::Ok;
        for (bool lend = true; last == Outcome::Ok || last == Outcome::Timeout; lend = !lend) {
            std::array<char, 16> memory{};
            if (lend) {
                const auto message = co_await client.Recv().Within(1ms);
                all += message.Text();
                last = message.Why();
            } else {
                const auto filled = co_await client.Recv(std::as_writable_bytes(std::span(memory))).Within(1ms);
                all.append(memory.data(), filled.size());
                last = filled.Why();
            }
        }
        test.notes.Write(last);
        test.notes.Write(all == Noise(600) ? "all of it" : "something else");
    });
    Peer peer(Where());

    for (const char byte : Noise(600)) {
        peer.Send({&byte, 1});
        // Now and then the other side has time to wait in vain.
        if (byte % 8 == 0) Settle();
    }
    peer.FinishSending();

    EXPECT_EQ(notes.Next(), "closed");
    EXPECT_EQ(notes.Next(), "all of it");
}

TEST_P(DeadlineTest, ASendThatNobodyReceivesTimesOutAndCutsTheStream) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const std::string bytes(kMoreThanBuffersHold, 'x');
        const auto sent = co_await client.Send(bytes).Within(50ms);
        test.notes.Write(sent);
        test.notes.Write(sent.size() < bytes.size() ? "in part" : "whole");
        test.notes.Write(co_await client.Send("next"));
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "timeout");
    EXPECT_EQ(notes.Next(), "in part");
    EXPECT_EQ(notes.Next(), "timeout");
}

TEST_P(DeadlineTest, ASendThatTimesOutBeforeItsTurnLeavesTheStreamWhole) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const std::string bytes(kMoreThanBuffersHold, 'x');
        test.notes.Write("sending");
        test.notes.Write(co_await client.Send(bytes));
        test.notes.Write(co_await client.Send("end"));
    });
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");

    core->Spawn(SendBriefly(OnlyClient(), *this));
    EXPECT_EQ(notes.Next(), "brief: timeout 0");

    EXPECT_EQ(peer.Receive(kMoreThanBuffersHold).size(), kMoreThanBuffersHold);
    EXPECT_EQ(peer.ReceiveAll(), "end");
    EXPECT_EQ(notes.NextSorted(2), Times(2, "ok"));
}

TEST_P(DeadlineTest, ADeadlineThatIsNotReachedChangesNothing) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (int i = 0; i < 100; ++i) {
            const auto message = co_await client.Recv().Within(1h);
            test.notes.Write(message);
            test.notes.Write(co_await client.Send(message).Within(1h));
        }
    });
    Peer peer(Where());

    for (int i = 0; i < 100; ++i) {
        peer.Send("x");
        ASSERT_EQ(peer.Receive(1), "x");
    }

    EXPECT_EQ(notes.NextSorted(200), Times(200, "ok"));
}

TEST_P(DeadlineTest, TheLongestDurationsOfACoreAreForEver) {
    options.tick = options.linger = options.drain = std::chrono::milliseconds::max();
    auto udp = Udp(Echo);
    udp.limits.idle = std::chrono::milliseconds::max();
    hooks.on_tick = [this] { notes.Write("tick"); };
    Serve({Tcp([](IOCP_Client& client, Conformance&) -> Task<> {
               const auto message = co_await client.Recv();
               co_await client.Send(message);
           }),
           udp});

    core->Spawn([](iocp::Endpoint remote, Conformance& test) -> Task<> {
        auto connection = co_await iocp::Connect(remote, Transport::Tcp, std::chrono::milliseconds::max());
        test.notes.Write(connection);
    }(Where(), *this));
    EXPECT_EQ(notes.Next(), "ok");
    Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(peer.ReceiveAll(), "x");
    peer.Close();
    const UdpPeer udp_peer(Where(1));
    for (const char* datagram : {"x", "y"}) {
        udp_peer.Send(datagram);
        EXPECT_EQ(udp_peer.Receive(), datagram);
    }
    core->Stop();

    EXPECT_EQ(notes.Rest(), std::vector<std::string>());
}

TEST_P(DeadlineTest, TheLongestDurationIsForEver) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write(co_await client.Recv().Within(std::chrono::nanoseconds::max()));
        test.notes.Write(co_await client.Recv().Within(std::chrono::nanoseconds::max() - 1ns));
    });
    Peer peer(Where());
    Settle();

    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");
    Settle();
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");
}

}  // namespace iocp_test
