// SPDX-License-Identifier: MIT
// The limits of a listener that have to do with time, by a clock that is exact.
#include <gtest/gtest.h>
#include <iocp/iocp.h>
#include <iocp/simulation.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

using iocp::Limits;
using iocp::Transport;

const iocp::Endpoint kServer = *iocp::Endpoint::Parse("127.0.0.1", 7);
const iocp::Endpoint kOther = *iocp::Endpoint::Parse("127.0.0.1", 8);

// Echoes; notes the rules that hit somebody.
class Guarded : public IOCP_Protocol {
public:
    std::map<std::string, int> rejections;

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv()) co_await client.Send(message);
    }
    void OnReject(const iocp::Arrival&, iocp::Rejection rule) override { ++rejections[std::string(ToString(rule))]; }
};

class QuietCore final : public IOCP_CORE {
public:
    QuietCore(iocp::Simulation& sim, const std::vector<iocp::Listener>& listeners)
        : IOCP_CORE(listeners, OptionsFor(sim)) {
        Start(2);
    }
    ~QuietCore() override { Stop(0ms); }

private:
    static iocp::Options OptionsFor(iocp::Simulation& sim) {
        iocp::Options options;
        options.network = sim.Network();
        return options;
    }

    void OnStart() override {}
};

iocp::Listener Behind(const Limits& limits, std::shared_ptr<IOCP_Protocol> protocol, Transport over = Transport::Tcp) {
    iocp::Listener listener(kServer.Port(), 1, std::move(protocol), over);
    listener.limits = limits;
    return listener;
}

struct SimulatedGuard : testing::Test {
    iocp::Simulation sim{5};
    std::shared_ptr<Guarded> guarded = std::make_shared<Guarded>();
};

bool IsGone(const iocp::SimulatedPeer& peer) { return peer.HasEnded() || peer.WasReset(); }

TEST_F(SimulatedGuard, WhoeverWaitsForAPlaceGetsTheNextThatIsFree) {
    QuietCore core(sim, {Behind({.clients = 1}, guarded)});
    auto first = sim.Connect(kServer);
    sim.RunFor(1s);
    auto second = sim.Connect(kServer);
    second.Write("let me in");
    sim.RunFor(1h);
    EXPECT_EQ(second.Read(), "") << sim.Report();

    first.Close();
    sim.RunFor(1s);

    EXPECT_EQ(second.Read(), "let me in") << sim.Report();
}

TEST_F(SimulatedGuard, AFrameAboveTheLimitEndsAClient) {
    class Lines final : public IOCP_Protocol {
        iocp::Task<> ProcedureClient(IOCP_Client& client) override {
            while (const auto line = co_await client.RecvLine(1'000)) co_await client.Send(line);
            static_cast<void>(co_await iocp::Sleep(1h));  // whoever leaves by itself need not be ended
        }
    };
    QuietCore core(sim, {Behind({.frame = 10}, std::make_shared<Lines>())});
    auto brief = sim.Connect(kServer);
    auto verbose = sim.Connect(kServer);
    brief.Write("0123456789\n");
    verbose.Write("0123456789a\n");
    sim.RunFor(1s);

    EXPECT_EQ(brief.Read(), "0123456789") << sim.Report();
    EXPECT_FALSE(IsGone(brief));
    EXPECT_EQ(verbose.Read(), "");
    EXPECT_TRUE(IsGone(verbose)) << sim.Report();
    EXPECT_EQ(core.Counters().ended_frame, 1u);
}

TEST_F(SimulatedGuard, TwoMinutesOfSilenceEndAClient) {
    QuietCore core(sim, {Behind({.idle = 2min}, guarded)});
    auto silent = sim.Connect(kServer);
    auto talking = sim.Connect(kServer);
    silent.Write("once");
    talking.Write("often");

    sim.RunFor(119s);
    EXPECT_FALSE(IsGone(silent)) << sim.Report();
    talking.Write("often");
    sim.RunFor(2s);
    EXPECT_TRUE(IsGone(silent)) << sim.Report();
    for (int i = 0; i < 100; ++i) {
        talking.Write("often");
        sim.RunFor(1min + 59s);
    }

    EXPECT_FALSE(IsGone(talking)) << sim.Report();
    EXPECT_EQ(core.Counters().ended_idle, 1u);
    EXPECT_EQ(guarded->rejections["idle"], 1);
}

TEST_F(SimulatedGuard, TheFirstByteIsDueAtItsTime) {
    QuietCore core(sim, {Behind({.first_byte = 10s, .idle = 1min}, guarded)});
    auto mute = sim.Connect(kServer);
    auto late = sim.Connect(kServer);

    sim.RunFor(9'900ms);
    EXPECT_FALSE(IsGone(mute)) << sim.Report();
    late.Write("at last");
    sim.RunFor(1s);
    EXPECT_TRUE(IsGone(mute)) << sim.Report();
    EXPECT_EQ(late.Read(), "at last");
    sim.RunFor(58s);
    EXPECT_FALSE(IsGone(late)) << sim.Report();
    sim.RunFor(2s);
    EXPECT_TRUE(IsGone(late)) << sim.Report();

    EXPECT_EQ(core.Counters().ended_first_byte, 1u);
    EXPECT_EQ(core.Counters().ended_idle, 1u);
}

TEST_F(SimulatedGuard, TheFirstByteIsNotDueBeforeTheHandlerListens) {
    class Slow final : public IOCP_Protocol {
        iocp::Task<> ProcedureClient(IOCP_Client& client) override {
            for (;;) {
                co_await iocp::Sleep(5min);
                auto message = co_await client.Recv();
                if (!message) co_return;
                co_await client.Send(message);
            }
        }
    };
    QuietCore core(
        sim, {Behind({.first_byte = 1s, .idle = 1s, .least_rate = 1, .rate_window = 1s}, std::make_shared<Slow>())});
    sim.Conditions().pieces = false;
    auto patient = sim.Connect(kServer);
    for (int i = 0; i < 3; ++i) {
        patient.Write("in time");
        sim.RunFor(5min + 100ms);
        EXPECT_EQ(patient.Read(), "in time") << sim.Report();
    }

    EXPECT_TRUE(sim.RunUntil([&] { return IsGone(patient); }, 5min + 2s)) << sim.Report();
    EXPECT_EQ(core.Counters().ended_idle, 1u);
}

TEST_F(SimulatedGuard, SilenceAddsUpOverWaitsWithDeadlines) {
    class Impatient final : public IOCP_Protocol {
        iocp::Task<> ProcedureClient(IOCP_Client& client) override {
            auto message = co_await client.Recv().Within(1s);
            while (message || message.Why() == iocp::Outcome::Timeout) message = co_await client.Recv().Within(1s);
        }
    };
    QuietCore core(sim, {Behind({.idle = 1min}, std::make_shared<Impatient>())});
    auto silent = sim.Connect(kServer);

    sim.RunFor(59s);
    EXPECT_FALSE(IsGone(silent)) << sim.Report();
    sim.RunFor(2s);
    EXPECT_TRUE(IsGone(silent)) << sim.Report();
    EXPECT_EQ(core.Counters().ended_idle, 1u);
    EXPECT_EQ(core.Counters().handlers_unwound, 0u);
}

TEST_F(SimulatedGuard, ASlowClientIsEndedAtTheEndOfItsWindow) {
    QuietCore core(sim, {Behind({.least_rate = 100}, guarded)});
    auto steady = sim.Connect(kServer);
    auto dripping = sim.Connect(kServer);
    auto slackening = sim.Connect(kServer);
    slackening.Write(std::string(1'200, 'x'));
    for (int tenth = 0; tenth < 300; ++tenth) {
        steady.Write(std::string(11, 'x'));
        if (tenth % 10 == 0) dripping.Write("x");
        EXPECT_EQ(IsGone(dripping), tenth > 100) << tenth << sim.Report();
        EXPECT_EQ(IsGone(slackening), tenth > 200) << tenth << sim.Report();
        sim.RunFor(100ms);
    }

    EXPECT_FALSE(IsGone(steady)) << sim.Report();
    EXPECT_EQ(core.Counters().ended_slow, 2u);
}

TEST_F(SimulatedGuard, AWaveOfClientsIsSpread) {
    QuietCore core(sim, {Behind({.accepts_per_second = 10}, guarded)});
    std::vector<iocp::SimulatedPeer> wave;
    for (int i = 0; i < 100; ++i) wave.push_back(sim.Connect(kServer));

    for (std::size_t second = 1; second <= 10; ++second) {
        sim.RunFor(1s);
        EXPECT_GE(core.ClientCount(), std::min<std::size_t>(100, 10 * second)) << sim.Report();
        EXPECT_LE(core.ClientCount(), 10 + 10 * second) << sim.Report();
    }

    EXPECT_EQ(core.ClientCount(), 100u);
    EXPECT_EQ(core.Counters().accepts_delayed, 90u);
}

TEST_F(SimulatedGuard, DatagramPeersAboveTheRateAreRefusedUntilTimeHasPassed) {
    QuietCore core(sim, {Behind({.accepts_per_second = 2}, guarded, Transport::Udp)});
    std::vector<iocp::SimulatedPeer> peers;
    for (int i = 0; i < 5; ++i) {
        peers.push_back(sim.Connect(kServer, Transport::Udp));
        peers.back().Write("x");
    }
    sim.RunFor(400ms);
    EXPECT_EQ(core.ClientCount(), 2u) << sim.Report();
    EXPECT_EQ(guarded->rejections["accepts_per_second"], 3);
    EXPECT_EQ(core.Counters().refused_by_rate, 3u);
    EXPECT_EQ(core.Counters().datagrams_dropped, 3u);

    sim.RunFor(1s);
    for (auto& peer : peers) peer.Write("again");
    sim.RunFor(100ms);
    EXPECT_EQ(core.ClientCount(), 4u) << sim.Report();
}

TEST_F(SimulatedGuard, ADatagramPeerIsSilentForAMinuteOrAsLongAsIsSaid) {
    auto listener = Behind({.idle = 5min}, guarded, Transport::Udp);
    listener.port = kOther.Port();
    QuietCore core(sim, {Behind({}, guarded, Transport::Udp), listener});
    auto first = sim.Connect(kServer, Transport::Udp);
    auto second = sim.Connect(kOther, Transport::Udp);
    first.Write("x");
    second.Write("x");

    sim.RunFor(59s);
    EXPECT_EQ(core.ClientCount(), 2u) << sim.Report();
    sim.RunFor(2s);
    EXPECT_EQ(core.ClientCount(), 1u) << sim.Report();
    sim.RunFor(238s);
    EXPECT_EQ(core.ClientCount(), 1u) << sim.Report();
    sim.RunFor(2s);
    EXPECT_EQ(core.ClientCount(), 0u) << sim.Report();
}

// Sends until it is stuck; notes how that ended.
class Flooding final : public IOCP_Protocol {
public:
    std::map<iocp::Outcome, int> ends;

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        const std::string much(1'000'000, 'x');
        const auto patient = co_await client.Recv();
        const auto result = patient.Text() == "p" ? co_await client.Send(much).Within(1h) : co_await client.Send(much);
        ++ends[result.Why()];
    }
};

TEST_F(SimulatedGuard, ASendWithoutADeadlineHasTheListenersOwn) {
    auto flooding = std::make_shared<Flooding>();
    QuietCore core(sim, {Behind({.send = 30s}, flooding)});
    auto peer = sim.Connect(kServer);
    auto patient = sim.Connect(kServer);
    peer.StopReading();
    patient.StopReading();
    peer.Write("x");
    patient.Write("p");

    sim.RunFor(29s);
    EXPECT_EQ(flooding->ends.size(), 0u) << sim.Report();
    sim.RunFor(2s);
    EXPECT_EQ(flooding->ends[iocp::Outcome::Timeout], 1) << sim.Report();
    EXPECT_EQ(core.Counters().sends_timed_out, 1u);
    sim.RunFor(30min);
    EXPECT_EQ(flooding->ends[iocp::Outcome::Timeout], 1) << sim.Report();
    sim.RunFor(1h);
    EXPECT_EQ(flooding->ends[iocp::Outcome::Timeout], 2) << sim.Report();
    EXPECT_EQ(core.Counters().sends_timed_out, 1u);
}

TEST_F(SimulatedGuard, AShorterLimitHoldsForThoseWhoHaveBeenSilentForLonger) {
    QuietCore core(sim, {Behind({.idle = 10min}, guarded)});
    auto silent = sim.Connect(kServer);
    auto quiet = sim.Connect(kServer);
    sim.RunFor(90s);
    quiet.Write("x");
    sim.RunFor(1s);

    core.SetLimits(0, {.idle = 1min});
    sim.RunFor(1s);
    EXPECT_TRUE(IsGone(silent)) << sim.Report();
    EXPECT_FALSE(IsGone(quiet)) << sim.Report();
    core.SetLimits(0, {});
    sim.RunFor(24h);
    EXPECT_FALSE(IsGone(quiet)) << sim.Report();
}

TEST_F(SimulatedGuard, ARateIsMeasuredFromWhenItIsAskedFor) {
    QuietCore core(sim, {Behind({.idle = 24h}, guarded)});
    auto peer = sim.Connect(kServer);
    peer.Write("x");
    sim.RunFor(1h);

    core.SetLimits(0, {.idle = 24h, .least_rate = 10});
    sim.RunFor(9s);
    EXPECT_FALSE(IsGone(peer)) << sim.Report();
    peer.Write(std::string(100, 'x'));
    sim.RunFor(10s);
    EXPECT_FALSE(IsGone(peer)) << sim.Report();
    sim.RunFor(2s);
    EXPECT_TRUE(IsGone(peer)) << sim.Report();
}

// One that holds a place, and when it must be gone.
struct Holder {
    iocp::SimulatedPeer peer;
    std::chrono::nanoseconds due;
    std::chrono::nanoseconds gone{};
};

// A crowd of 300, or of as many as GUARD_TEST_CROWD says.
TEST_F(SimulatedGuard, EachOfACrowdIsEndedWithinASecondOfItsLimit) {
    const char* asked = std::getenv("GUARD_TEST_CROWD");
    const int crowd = asked != nullptr ? std::atoi(asked) : 300;
    QuietCore core(sim, {Behind({.clients = 100'000, .first_byte = 10s, .idle = 30s, .least_rate = 5}, guarded)});
    std::vector<iocp::SimulatedPeer> good;
    for (int i = 0; i < 20; ++i) good.push_back(sim.Connect(kServer));
    std::vector<Holder> holders;
    std::vector<std::size_t> answered(good.size());

    int sent = 0;
    for (int tenth = 0; tenth < 600; ++tenth) {
        for (int i = 0; i < crowd / 100 && tenth < 100; ++i) {
            const bool drips = i % 3 != 0;
            holders.push_back({sim.Connect(kServer), sim.Elapsed() + 10s});
            if (drips) holders.back().peer.Write("x");
        }
        for (std::size_t i = 0; i < holders.size(); ++i)
            if (i % 3 != 0 && tenth % 10 == 0 && !IsGone(holders[i].peer)) holders[i].peer.Write("x");
        ++sent;
        for (auto& peer : good) peer.Write("ping");
        sim.RunFor(100ms);
        for (std::size_t i = 0; i < good.size(); ++i) answered[i] += good[i].Read().size();
        for (Holder& each : holders)
            if (each.gone == 0s && IsGone(each.peer)) each.gone = sim.Elapsed();
    }

    for (const Holder& each : holders) {
        EXPECT_GE(each.gone, each.due) << sim.Report();
        EXPECT_LE(each.gone, each.due + 1s) << sim.Report();
    }
    sim.RunFor(1s);
    for (std::size_t i = 0; i < good.size(); ++i)
        EXPECT_EQ(answered[i] + good[i].Read().size(), static_cast<std::size_t>(sent) * 4);
    EXPECT_EQ(core.ClientCount(), good.size());
    EXPECT_EQ(core.Counters().ended_first_byte, holders.size() / 3);
    EXPECT_EQ(core.Counters().ended_slow, holders.size() - holders.size() / 3);
}

}  // namespace
