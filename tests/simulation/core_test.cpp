// SPDX-License-Identifier: MIT
// Whole cores inside a simulation.
#include "echo_protocol.h"

#include <gtest/gtest.h>
#include <iocp/simulation.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

class Ticking final : public IOCP_CORE {
public:
    Ticking(iocp::Simulation& sim, std::shared_ptr<IOCP_Protocol> protocol)
        : IOCP_CORE({{7, 1, std::move(protocol)}}, OptionsFor(sim)) {}
    ~Ticking() override { Stop(0ms); }

    int ticks = 0;
    int stops = 0;

private:
    static iocp::Options OptionsFor(iocp::Simulation& sim) {
        iocp::Options options;
        options.network = sim.Network();
        options.tick = 100ms;
        return options;
    }

    void OnStart() override {}
    void OnStop() override { ++stops; }
    void OnBackgroundTick() override { ++ticks; }
};

const iocp::Endpoint kServer = *iocp::Endpoint::Parse("127.0.0.1", 7);

TEST(SimulatedCore, TicksByTheSimulationsClock) {
    iocp::Simulation sim(3);
    Ticking core(sim, std::make_shared<EchoProtocol>());
    core.Start(3);
    EXPECT_EQ(core.EngineReport(), "simulated");
    sim.RunFor(1h);
    EXPECT_EQ(core.ticks, 36'000);
}

TEST(SimulatedCore, ServesAndStopsAndStartsAgain) {
    iocp::Simulation sim(3);
    auto watch = std::make_shared<WatchfulProtocol>();
    Ticking core(sim, watch);
    for (int run = 1; run <= 3; ++run) {
        core.Start(2);
        auto peer = sim.Connect(kServer);
        peer.Write("hello");
        sim.RunFor(1s);
        EXPECT_EQ(peer.Read(), "hello") << sim.Report();
        EXPECT_EQ(core.ClientCount(), 1u);

        core.Stop(1s);
        EXPECT_FALSE(core.IsRunning());
        EXPECT_EQ(core.stops, run);
        EXPECT_EQ(core.OperationsInUse(), 0u);
        EXPECT_EQ(watch->deleted, static_cast<std::size_t>(run));
    }
    EXPECT_EQ(watch->ended, std::vector(3, iocp::Outcome::Stopped));
}

TEST(SimulatedCore, SpreadsItsClients) {
    iocp::Simulation sim(3);
    Ticking core(sim, std::make_shared<EchoProtocol>());
    core.Start(4);
    for (int i = 0; i < 100; ++i) static_cast<void>(sim.Connect(kServer));
    sim.RunFor(5s);
    for (const std::size_t count : core.ClientsPerWorker()) EXPECT_EQ(count, 25u);
}

constexpr std::size_t kMostAccepts = 4;  // of a simulated listener

TEST(SimulatedCore, KeepsMoreAcceptsPendingOnceAWaveHasTakenAll) {
    iocp::Simulation sim(3);
    Ticking core(sim, std::make_shared<EchoProtocol>());
    core.Start(1);
    sim.RunFor(1s);
    EXPECT_EQ(core.OperationsInUse(), 1u);

    std::vector<iocp::SimulatedPeer> wave;
    for (int i = 0; i < 100; ++i) wave.push_back(sim.Connect(kServer));
    sim.RunFor(1s);
    for (auto& peer : wave) peer.Close();
    sim.RunFor(1s);
    EXPECT_EQ(core.Counters().clients_accepted, 100u);
    EXPECT_EQ(core.OperationsInUse(), kMostAccepts);
}

TEST(SimulatedCore, RenewsEachAcceptOnce) {
    iocp::Simulation sim(3);
    Ticking core(sim, std::make_shared<EchoProtocol>());
    core.Start(1);
    for (int i = 0; i < 100; ++i) {
        auto peer = sim.Connect(kServer);
        peer.Close();
        sim.RunFor(1s);
    }

    EXPECT_EQ(core.Counters().clients_accepted, 100u);
    EXPECT_EQ(core.ClientCount(), 0u);
    EXPECT_LE(core.OperationsInUse(), kMostAccepts);
}

// Stops its core twice, the second time with more patience, while a send of its own goes nowhere.
class StopsTwice final : public IOCP_Protocol {
public:
    IOCP_CORE* core = nullptr;
    iocp::Result sent;

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        core->Stop(1s);
        core->Stop(1h);
        const std::string bytes(1'000'000, 'x');
        sent = co_await client.Send(bytes);
    }
};

TEST(SimulatedCore, ALongerDrainTakesNoShorterOneBack) {
    iocp::Simulation sim(3);
    auto protocol = std::make_shared<StopsTwice>();
    Ticking core(sim, protocol);
    protocol->core = &core;
    core.Start(1);
    auto peer = sim.Connect(kServer);
    peer.StopReading();

    EXPECT_TRUE(sim.RunUntil([&] { return !core.IsRunning(); }, 10s)) << sim.Report();
    EXPECT_EQ(protocol->sent.Why(), iocp::Outcome::Stopped);
}

iocp::Task<> Ask(iocp::Endpoint server, std::string& answer) {
    if (auto connection = co_await iocp::Connect(server)) {
        co_await connection->Send("from a coroutine");
        while (answer.size() < 16) {
            const auto more = co_await connection->Recv();
            if (!more) break;
            answer += more.Text();
        }
    }
}

TEST(SimulatedCore, AnswersCoroutinesThatConnect) {
    iocp::Simulation sim(3);
    std::string answer;
    sim.Spawn(Ask(sim.Listen(std::make_shared<EchoProtocol>()), answer));
    sim.RunFor(1s);
    EXPECT_EQ(answer, "from a coroutine") << sim.Report();
}

iocp::Task<> AskNobody(iocp::Result& result) {
    const auto connection = co_await iocp::Connect(kServer);
    result = connection;
}

// As a host with one address does, whatever its socket is bound to.
TEST(SimulatedCore, ADatagramIsAnsweredFromTheAddressThatWasAsked) {
    iocp::Simulation sim(3);
    iocp::Listener listener(7, 1, std::make_shared<EchoProtocol>());
    listener.transport = iocp::Transport::Udp;
    sim.Listen(listener);
    std::string answer;
    const auto ask = [](std::string& into) -> iocp::Task<> {
        auto server = co_await iocp::Connect(*iocp::Endpoint::Parse("10.1.2.3", 7), iocp::Transport::Udp, 1s);
        if (!server) co_return;
        const auto sent = co_await server->Send("who?");
        const auto heard = co_await server->Recv().Within(10s);
        if (sent && heard) into = heard.Text();
    };
    sim.Spawn(ask(answer));
    sim.RunFor(11s);
    EXPECT_EQ(answer, "who?") << sim.Report();
}

TEST(SimulatedCore, RefusesWhereNobodyListens) {
    iocp::Simulation sim(3);
    iocp::Result result;
    sim.Spawn(AskNobody(result));
    sim.RunFor(1s);
    EXPECT_EQ(result.Why(), iocp::Outcome::SystemError);
    EXPECT_NE(result.NativeCode(), 0);
}

iocp::Task<> AskByName(std::string host, iocp::Result& result) {
    const auto connection = co_await iocp::Connect(host, kServer.Port());
    result = connection;
}

TEST(SimulatedCore, ConnectsByTheNamesThatItIsGiven) {
    iocp::Simulation sim(3);
    Ticking core(sim, std::make_shared<EchoProtocol>());
    core.Start(1);
    sim.AddHost("here.example", {*iocp::Endpoint::Parse("10.1.2.3", 0)});
    sim.AddHost("nowhere.example", {});
    iocp::Result here;
    iocp::Result nowhere;
    iocp::Result unknown;
    sim.Spawn(AskByName("here.example", here));
    sim.Spawn(AskByName("nowhere.example", nowhere));
    sim.Spawn(AskByName("unknown.example", unknown));
    sim.RunFor(1s);
    EXPECT_TRUE(here) << sim.Report();
    EXPECT_EQ(nowhere.Why(), iocp::Outcome::SystemError);
    EXPECT_EQ(unknown.Why(), iocp::Outcome::SystemError);
}

iocp::Task<> GiveUp(iocp::Result& result) {
    const auto connection = co_await iocp::Connect(kServer, iocp::Transport::Tcp, 3s);
    result = connection;
}

TEST(SimulatedCore, ConnectingGivesUpAtItsLimit) {
    iocp::Simulation sim(3);
    sim.Conditions().partition = true;
    iocp::Result result;
    sim.Spawn(GiveUp(result));
    sim.RunFor(4s);
    EXPECT_EQ(result.Why(), iocp::Outcome::Timeout);
}

class Throwing final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        co_await client.Recv();
        throw std::runtime_error("of this handler");
    }
};

TEST(SimulatedCore, TellsWhatHandlersThrow) {
    iocp::Simulation sim(3);
    auto peer = sim.Connect(std::make_shared<Throwing>());
    peer.Write("now");
    sim.RunFor(5s);
    EXPECT_EQ(sim.Errors(), std::vector<std::string>{"of this handler"});
    EXPECT_TRUE(peer.HasEnded() || peer.WasReset()) << sim.Report();
}

// Serves itself the time by the clock that its handlers see.
class Clock final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        const auto begin = iocp::Now();
        const auto nothing = co_await client.Recv().Until(begin + 24h);
        const auto waited = iocp::Now() - begin;
        if (nothing.Why() != iocp::Outcome::Timeout) co_return;
        const std::string answer = std::to_string(std::chrono::floor<std::chrono::hours>(waited).count());
        co_await client.Send(answer);
    }
};

TEST(SimulatedCore, HandlersGoByTheSimulationsClock) {
    iocp::Simulation sim(3);
    auto peer = sim.Connect(std::make_shared<Clock>());
    sim.RunFor(25h);
    EXPECT_EQ(peer.Read(), "24") << sim.Report();
}

}  // namespace
