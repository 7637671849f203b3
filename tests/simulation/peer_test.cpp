// SPDX-License-Identifier: MIT
#include "echo_protocol.h"

#include <gtest/gtest.h>
#include <iocp/simulation.h>

#include <algorithm>
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

// Ends its side first, and then says to itself what it hears.
class EndsFirst final : public IOCP_Protocol {
public:
    std::string heard;
    iocp::Outcome end = iocp::Outcome::Ok;

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        co_await client.Send("that is all");
        client.FinishSending();
        while (end == iocp::Outcome::Ok) {
            const auto more = co_await client.Recv();
            heard += more.Text();
            end = more.Why();
        }
    }
};

TEST(Simulation, GoesOnInOneDirectionWhenTheOtherHasEnded) {
    iocp::Simulation sim(1);
    const auto server = std::make_shared<EndsFirst>();
    auto peer = sim.Connect(server);
    ASSERT_TRUE(sim.RunUntil([&] { return peer.HasEnded(); }, 1s)) << sim.Report();
    EXPECT_EQ(peer.Read(), "that is all");
    peer.Write("not ");
    sim.RunFor(1min);
    peer.Write("for me");
    sim.RunFor(1s);
    EXPECT_EQ(server->heard, "not for me") << sim.Report();
    EXPECT_EQ(server->end, iocp::Outcome::Ok);
    peer.ShutdownSend();
    sim.RunFor(1s);
    EXPECT_EQ(server->end, iocp::Outcome::Closed);
    EXPECT_FALSE(peer.WasReset());
}

std::size_t Lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Simulation, ReportsTheSeedAndTheLastEventsOfEachClient) {
    iocp::Simulation sim(123);
    sim.Conditions().pieces = false;
    auto quiet = sim.Connect(std::make_shared<EchoProtocol>());
    auto talker = sim.Connect(std::make_shared<EchoProtocol>());
    for (int i = 0; i < 50; ++i) {
        talker.Write("hello");
        sim.RunFor(1ms);
    }
    const std::string report = sim.Report();
    EXPECT_TRUE(report.starts_with("seed 123, after 50000000 ns\n")) << report;
    EXPECT_NE(report.find("tcp " + quiet.Local().ToString() + " -> "), std::string::npos) << report;
    EXPECT_NE(report.find("tcp " + talker.Local().ToString() + " -> "), std::string::npos) << report;
    EXPECT_NE(report.find("arrives at server 5\n"), std::string::npos) << report;
    EXPECT_EQ(Lines(report), 1u + 2u + 1u + 8u) << report;  // the quiet one was opened, of the other eight are shown
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
