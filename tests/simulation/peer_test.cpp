// SPDX-License-Identifier: MIT
#include "echo_protocol.h"

#include <gtest/gtest.h>
#include <iocp/simulation.h>

#include <string>

namespace {

using namespace std::chrono_literals;

TEST(Simulation, AnswersAPeer) {
    iocp::Simulation sim(42);
    auto peer = sim.Connect(std::make_shared<EchoProtocol>());
    peer.Write("hello");
    sim.RunFor(1s);
    EXPECT_EQ(peer.Read(), "hello") << sim.Report();

    peer.Write("again");
    peer.ShutdownSend();
    sim.RunFor(1s);
    EXPECT_EQ(peer.Read(), "again") << sim.Report();
    EXPECT_TRUE(peer.HasEnded()) << sim.Report();
    EXPECT_FALSE(peer.WasReset()) << sim.Report();
}

TEST(Simulation, CarriesMoreThanItsWindow) {
    iocp::Simulation sim(42);
    sim.Conditions().loss = 0.01;
    auto peer = sim.Connect(std::make_shared<EchoProtocol>());
    std::string sent;
    for (int i = 0; i < 100'000; ++i) sent += std::to_string(i);
    peer.Write(sent);
    peer.ShutdownSend();
    EXPECT_TRUE(sim.RunUntil([&] { return peer.HasEnded(); }, 1h)) << sim.Report();
    EXPECT_TRUE(peer.Read() == sent) << sim.Report();
}

// Asks a silent peer after half a minute.
class Impatient final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        auto message = co_await client.Recv().Within(30s);
        if (message.Why() == iocp::Outcome::Timeout) co_await client.Send("still there?");
    }
};

TEST(Simulation, LetsTimePassInAMoment) {
    iocp::Simulation sim(1);
    auto peer = sim.Connect(std::make_shared<Impatient>());
    sim.RunFor(29s);
    EXPECT_EQ(peer.Read(), "") << sim.Report();
    sim.RunFor(2s);
    EXPECT_EQ(peer.Read(), "still there?") << sim.Report();
    EXPECT_EQ(sim.Elapsed(), 31s);
}

TEST(Simulation, CarriesDatagrams) {
    iocp::Simulation sim(7);
    auto peer = sim.Connect(std::make_shared<EchoProtocol>(), iocp::Transport::Udp);
    peer.Write("one");
    sim.RunFor(1s);
    EXPECT_EQ(peer.ReadDatagram(), "one") << sim.Report();
    EXPECT_EQ(peer.ReadDatagram(), std::nullopt);
}

}  // namespace
