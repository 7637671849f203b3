// SPDX-License-Identifier: MIT
#include "conformance.h"

namespace iocp_test {

using DatagramLimitTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, DatagramLimitTest, EveryEngine(), NameOfEngine);

namespace {

// Takes one datagram, waits at the gate, and then notes the others that have been kept for it.
Task<> TakeTheRestLater(IOCP_Client& client, Conformance& test) {
    const auto first = co_await client.Recv();
    if (first.Text() != "wait") {
        co_await client.Send(first);
        co_return;
    }
    co_await test.gate;
    Outcome last = Outcome::Ok;
    while (last == Outcome::Ok) {
        const auto message = co_await client.Recv().Within(0ms);
        last = message.Why();
        test.notes.Write(message ? std::string(message.Text()) : std::string(ToString(last)));
    }
}

}  // namespace

TEST_P(DatagramLimitTest, PeersAboveTheLimitAreDroppedAndCounted) {
    auto listener = Udp(Echo);
    listener.limits.clients = 2;
    Serve(listener);
    const UdpPeer first(Where());
    first.Send("x");
    EXPECT_EQ(first.Receive(), "x");
    const UdpPeer second(Where());
    second.Send("x");
    EXPECT_EQ(second.Receive(), "x");
    EXPECT_EQ(core->Counters().datagrams_dropped, 0u);

    const UdpPeer third(Where());
    third.Send("too many");
    first.Send("y");
    EXPECT_EQ(first.Receive(), "y");

    EXPECT_EQ(core->Counters().datagrams_dropped, 1u);
    EXPECT_EQ(core->ClientCount(), 2u);
    core->ForEachClient([&](IOCP_Client& client) {
        if (client.Remote() == second.Local()) client.Close();
    });
    EXPECT_EQ(third.Ask("now"), "now");
}

TEST_P(DatagramLimitTest, DatagramsAboveTheQueuesLengthAreDroppedAndCounted) {
    auto listener = Udp(TakeTheRestLater);
    listener.max_queued_datagrams = 3;
    Serve(listener);
    const UdpPeer slow(Where());
    for (const char* datagram : {"wait", "1", "2", "3", "4", "5"}) slow.Send(datagram);
    const UdpPeer other(Where());
    other.Send("x");
    EXPECT_EQ(other.Receive(), "x");

    EXPECT_EQ(core->Counters().datagrams_dropped, 2u);
    OpenGate();

    for (const char* note : {"1", "2", "3", "timeout"}) EXPECT_EQ(notes.Next(), note);
}

TEST_P(DatagramLimitTest, BytesAboveTheQueuesSizeAreDroppedAndCounted) {
    auto listener = Udp(TakeTheRestLater);
    listener.max_queued_bytes = 10;
    Serve(listener);
    const UdpPeer slow(Where());
    for (const char* datagram : {"wait", "123456", "123456", "1234", "1"}) slow.Send(datagram);
    const UdpPeer other(Where());
    other.Send("x");
    EXPECT_EQ(other.Receive(), "x");

    EXPECT_EQ(core->Counters().datagrams_dropped, 2u);
    OpenGate();

    for (const char* note : {"123456", "1234", "timeout"}) EXPECT_EQ(notes.Next(), note);
}

}  // namespace iocp_test
