// SPDX-License-Identifier: MIT
#include "echo_protocol.h"

#include <gtest/gtest.h>
#include <iocp/simulation.h>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

TEST(Conditions, LatencyIsPaidInBothDirections) {
    iocp::Simulation sim(1);
    sim.Conditions().latency = 100ms;
    sim.Conditions().jitter = 0ms;
    auto peer = sim.Connect(std::make_shared<EchoProtocol>());
    EXPECT_TRUE(sim.RunUntil([&] { return peer.IsConnected(); }, 1s));
    peer.Write("there and back");
    const auto begin = sim.Elapsed();
    std::string heard;
    EXPECT_TRUE(sim.RunUntil([&] { return !(heard += peer.Read()).empty(); }, 1s)) << sim.Report();
    EXPECT_GE(sim.Elapsed() - begin, 200ms);
    EXPECT_LE(sim.Elapsed() - begin, 201ms);
}

TEST(Conditions, WhatIsLostOfAStreamComesLater) {
    iocp::Simulation sim(1);
    auto peer = sim.Connect(std::make_shared<EchoProtocol>());
    EXPECT_TRUE(sim.RunUntil([&] { return peer.IsConnected(); }, 1s));
    sim.Conditions().loss = 1;
    peer.Write("after all");
    sim.RunFor(1s);
    EXPECT_EQ(peer.Read(), "");
    sim.RunFor(1min);
    EXPECT_EQ(peer.Read(), "after all") << sim.Report();
    EXPECT_GT(sim.Counters().lost, 0u);
}

TEST(Conditions, BandwidthLimitsAStream) {
    iocp::Simulation sim(1);
    sim.Conditions().bandwidth = 100'000;
    auto peer = sim.Connect(std::make_shared<EchoProtocol>());
    peer.Write(std::string(300'000, 'x'));
    peer.ShutdownSend();
    EXPECT_TRUE(sim.RunUntil([&] { return peer.HasEnded(); }, 1min)) << sim.Report();
    EXPECT_EQ(peer.Read().size(), 300'000u);
    EXPECT_GE(sim.Elapsed(), 3s);
}

TEST(Conditions, AStreamComesInPiecesOrInOne) {
    for (const bool pieces : {true, false}) {
        iocp::Simulation sim(1);
        sim.Conditions().pieces = pieces;
        auto peer = sim.Connect(std::make_shared<EchoProtocol>());
        peer.Write(std::string(10'000, 'x'));
        sim.RunFor(1s);
        EXPECT_EQ(peer.Read().size(), 10'000u) << sim.Report();
        EXPECT_EQ(sim.Counters().pieces > 0, pieces);
    }
}

TEST(Conditions, APeerThatDoesNotReadStopsTheServer) {
    iocp::Simulation sim(1);
    sim.Conditions().window = 1'000;
    auto peer = sim.Connect(std::make_shared<EchoProtocol>());
    peer.StopReading();
    peer.Write(std::string(100'000, 'x'));
    peer.ShutdownSend();
    sim.RunFor(1h);
    EXPECT_EQ(peer.Read(), "");
    EXPECT_FALSE(peer.HasEnded());
    EXPECT_GT(sim.Counters().window_full, 0u);

    peer.GoOnReading();
    EXPECT_TRUE(sim.RunUntil([&] { return peer.HasEnded(); }, 1h)) << sim.Report();
    EXPECT_EQ(peer.Read().size(), 100'000u);
}

TEST(Conditions, APartitionDelaysStreamsAndLosesDatagrams) {
    iocp::Simulation sim(1);
    auto stream = sim.Connect(std::make_shared<EchoProtocol>());
    auto datagrams = sim.Connect(std::make_shared<EchoProtocol>(), iocp::Transport::Udp);
    EXPECT_TRUE(sim.RunUntil([&] { return stream.IsConnected(); }, 1s));

    sim.Conditions().partition = true;
    stream.Write("one");
    datagrams.Write("lost");
    sim.RunFor(1min);
    EXPECT_EQ(stream.Read(), "");
    stream.Write(" two");

    sim.Conditions().partition = false;
    datagrams.Write("found");
    sim.RunFor(1s);
    EXPECT_GE(sim.Counters().held_up, 2u);
    EXPECT_EQ(stream.Read(), "one two") << sim.Report();
    EXPECT_EQ(datagrams.ReadDatagram(), "found");
    EXPECT_EQ(datagrams.ReadDatagram(), std::nullopt);
}

TEST(Conditions, DatagramsAreLostDoubledAndReordered) {
    iocp::Simulation sim(1);
    sim.Conditions().loss = 0.1;
    sim.Conditions().duplication = 0.1;
    sim.Conditions().reordering = 0.2;
    auto peer = sim.Connect(std::make_shared<EchoProtocol>(), iocp::Transport::Udp);
    for (int i = 0; i < 1'000; ++i) {
        peer.Write(std::to_string(i));
        sim.RunFor(1ms);
    }
    sim.RunFor(1s);

    std::vector<int> times(1'000);
    bool in_order = true;
    int last = -1;
    while (auto datagram = peer.ReadDatagram()) {
        const int number = std::stoi(*datagram);
        ++times.at(static_cast<std::size_t>(number));
        in_order = in_order && number >= last;
        last = number;
    }
    const auto lost = std::count(times.begin(), times.end(), 0);
    const auto doubled = std::count_if(times.begin(), times.end(), [](int count) { return count > 1; });
    EXPECT_GT(sim.Counters().lost, 100u);
    EXPECT_GT(sim.Counters().duplicated, 100u);
    EXPECT_GT(sim.Counters().reordered, 100u);
    EXPECT_GT(lost, 100);
    EXPECT_LT(lost, 400);
    EXPECT_GT(doubled, 50);
    EXPECT_FALSE(in_order);
}

TEST(Conditions, AResetReachesPeerAndHandler) {
    iocp::Simulation sim(1);
    sim.Conditions().reset = 1;
    auto watch = std::make_shared<WatchfulProtocol>();
    auto peer = sim.Connect(watch);
    peer.Write("never arrives");
    sim.RunFor(1s);
    EXPECT_EQ(sim.Counters().resets, 1u);
    EXPECT_TRUE(peer.WasReset()) << sim.Report();
    EXPECT_EQ(watch->ended, std::vector{iocp::Outcome::Reset});
}

TEST(Conditions, APeerCanBreakTheConnection) {
    iocp::Simulation sim(1);
    auto watch = std::make_shared<WatchfulProtocol>();
    auto peer = sim.Connect(watch);
    peer.Write("something");
    sim.RunFor(1s);
    peer.Reset();
    sim.RunFor(1s);
    EXPECT_EQ(watch->ended, std::vector{iocp::Outcome::Reset});
}

TEST(Conditions, NobodyListensWhereThePeerConnects) {
    iocp::Simulation sim(1);
    auto peer = sim.Connect(*iocp::Endpoint::Parse("127.0.0.1", 9));
    sim.RunFor(1s);
    EXPECT_TRUE(peer.WasReset());
    EXPECT_FALSE(peer.IsConnected());
}

}  // namespace
