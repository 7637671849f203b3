// SPDX-License-Identifier: MIT
// What a listener's limits keep out and end. Where time matters to the millisecond, the simulation has the tests.
#include "conformance.h"

#include <atomic>
#include <cstdlib>
#include <thread>

namespace iocp_test {

namespace {

// Runs a handler; notes each rejection and, with a word before it, each client that has left.
class Guarded final : public IOCP_Protocol {
public:
    Guarded(Conformance::Handler handler, Conformance& test) : handler_(handler), test_(test) {}

private:
    Task<> ProcedureClient(IOCP_Client& client) override { return handler_(client, test_); }
    void DeleteClient(IOCP_Client&) override { test_.notes.Write("left"); }
    void OnReject(const iocp::Arrival& arrival, iocp::Rejection rule) override {
        test_.notes.Write("rejected by " + std::string(ToString(rule)));
        if (arrival.protocol_id != 7) test_.notes.Write("of another listener");
    }

    Conformance::Handler handler_;
    Conformance& test_;
};

iocp::Listener Behind(const iocp::Limits& limits, Conformance::Handler handler, Conformance& test,
                      Transport over = Transport::Tcp) {
    iocp::Listener listener(0, 7, std::make_shared<Guarded>(handler, test), over, "127.0.0.1");
    listener.limits = limits;
    return listener;
}

void IsServed(Peer& peer) {
    peer.Send("x");
    EXPECT_EQ(peer.Receive(1), "x");
}

// A client whose address is not that of the others.
Peer Stranger(const iocp::Endpoint& server) {
    Socket socket(iocp::Endpoint::Family::V4, Transport::Tcp);
    socket.Bind(*iocp::Endpoint::Parse("127.0.0.2", 0));
    return {std::move(socket), server};
}

Task<> SayGoodbye(IOCP_Client& client, Conformance& test) {
    co_await Listen(client, test);
    test.notes.Write(co_await client.Recv());
    co_await client.Send("goodbye");
}

}  // namespace

using GuardTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, GuardTest, EveryEngine(), NameOfEngine);

TEST_P(GuardTest, AnAddressHasSoManyClientsAndNoMore) {
    Serve(Behind({.clients_per_address = 2}, Echo, *this));
    Peer first(Where());
    IsServed(first);
    Peer second(Where());
    IsServed(second);

    Peer third(Where());
    EXPECT_NE(third.AwaitEnd(), StreamEnd::Open);
    EXPECT_EQ(notes.Next(), "rejected by clients_per_address");
    Peer stranger = Stranger(Where());
    IsServed(stranger);
    EXPECT_EQ(core->Counters().refused_per_address, 1u);
    EXPECT_EQ(core->Counters().clients_accepted, 3u);

    first.Close();
    EXPECT_EQ(notes.Next(), "left");
    Settle();
    Peer fourth(Where());
    IsServed(fourth);
    EXPECT_EQ(core->Counters().refused_per_address, 1u);
}

TEST_P(GuardTest, AnAddressIsCountedOverAllWorkersAndForEachListener) {
    workers = 3;
    Serve({Behind({.clients_per_address = 10}, Echo, *this), Behind({.clients_per_address = 1}, Echo, *this)});
    std::vector<Peer> served;
    for (int i = 0; i < 10; ++i) {
        served.emplace_back(Where());
        IsServed(served.back());
    }

    for (int i = 0; i < 5; ++i) {
        Peer refused(Where());
        EXPECT_NE(refused.AwaitEnd(), StreamEnd::Open);
    }
    Peer elsewhere(Where(1));
    IsServed(elsewhere);

    EXPECT_EQ(core->Counters().refused_per_address, 5u);
    EXPECT_EQ(core->ClientCount(), 11u);
}

TEST_P(GuardTest, TheRefusedTakeNoPlace) {
    Serve(Behind({.clients = 2, .clients_per_address = 1}, Echo, *this));
    Peer first(Where());
    IsServed(first);

    for (int i = 0; i < 10; ++i) {
        Peer refused(Where());
        EXPECT_NE(refused.AwaitEnd(), StreamEnd::Open);
    }

    Peer stranger = Stranger(Where());
    IsServed(stranger);
}

TEST_P(GuardTest, AnAddressHasSoManyDatagramPeersAndNoMore) {
    Serve(Behind({.clients_per_address = 1}, Echo, *this, Transport::Udp));
    const UdpPeer first(Where());
    EXPECT_EQ(first.Ask("x"), "x");

    const UdpPeer second(Where());
    second.Send("x");

    EXPECT_EQ(notes.Next(), "rejected by clients_per_address");
    EXPECT_EQ(core->Counters().refused_per_address, 1u);
    EXPECT_EQ(core->Counters().datagrams_dropped, 1u);
    EXPECT_EQ(core->ClientCount(), 1u);
    OnlyClient()->Close();
    EXPECT_EQ(second.Ask("now"), "now");
}

TEST_P(GuardTest, DatagramPeersAboveTheLimitAreRefused) {
    Serve(Behind({.clients = 1}, Echo, *this, Transport::Udp));
    const UdpPeer first(Where());
    EXPECT_EQ(first.Ask("x"), "x");

    const UdpPeer second(Where());
    second.Send("x");

    EXPECT_EQ(notes.Next(), "rejected by clients");
    EXPECT_GE(core->Counters().refused_full, 1u);  // strays of other programs count too
}

TEST_P(GuardTest, ClientsAboveTheRateWaitTheirTurn) {
    Serve(Behind({.accepts_per_second = 20}, Echo, *this));
    const auto begin = std::chrono::steady_clock::now();
    std::vector<Peer> peers;
    for (int i = 0; i < 30; ++i) peers.emplace_back(Where());

    for (Peer& peer : peers) IsServed(peer);

    EXPECT_GE(std::chrono::steady_clock::now() - begin, 450ms);
    EXPECT_GE(core->Counters().accepts_delayed, 1u);
    EXPECT_EQ(core->Counters().clients_accepted, 30u);
}

TEST_P(GuardTest, AStopEndsThoseWhoWaitTheirTurn) {
    Serve(Behind({.accepts_per_second = 1}, Echo, *this));
    Peer first(Where());
    IsServed(first);
    Peer second(Where());
    Settle();

    core->Stop();

    EXPECT_NE(second.AwaitEnd(), StreamEnd::Open);
}

TEST_P(GuardTest, AClientThatSaysNothingIsEndedAfterGoodbye) {
    Serve(Behind({.first_byte = 50ms}, SayGoodbye, *this));
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), "rejected by first_byte");
    EXPECT_EQ(notes.Next(), "timeout");
    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_EQ(peer.ReceiveAll(), "goodbye");
    EXPECT_EQ(notes.Next(), "left");
    EXPECT_EQ(core->Counters().ended_first_byte, 1u);
}

TEST_P(GuardTest, AClientThatFallsSilentIsEnded) {
    Serve(Behind({}, SayGoodbye, *this));
    Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");

    core->SetLimits(0, {.idle = 50ms});

    for (const char* note : {"rejected by idle", "timeout", "stopped"}) EXPECT_EQ(notes.Next(), note);
    EXPECT_EQ(peer.ReceiveAll(), "goodbye");
    EXPECT_EQ(core->Counters().ended_idle, 1u);
}

TEST_P(GuardTest, AClientThatDripsIsEnded) {
    Serve(Behind({}, SayGoodbye, *this));
    Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");

    core->SetLimits(0, {.least_rate = 1, .rate_window = 50ms});

    for (const char* note : {"rejected by least_rate", "timeout", "stopped"}) EXPECT_EQ(notes.Next(), note);
    EXPECT_EQ(peer.ReceiveAll(), "goodbye");
    EXPECT_EQ(core->Counters().ended_slow, 1u);
}

TEST_P(GuardTest, AFrameThatIsLongerThanTheListenerAllowsEndsTheClient) {
    Serve(Behind(
        {.frame = 4},
        [](IOCP_Client& client, Conformance& test) -> Task<> {
            auto line = co_await client.RecvLine(100);
            test.notes.Write(std::string(line.Text()));
            line = co_await client.RecvLine(3);
            test.notes.Write(line);
            const auto bytes = co_await client.RecvExactly(4);
            test.notes.Write(std::string(bytes.Text()));
            line = co_await client.RecvLine(100);
            test.notes.Write(line);
            test.notes.Write(co_await client.Recv().Within(1h));
            test.notes.Write(co_await client.Recv());
            co_await client.Send("goodbye");
        },
        *this));
    Peer peer(Where());
    peer.Send("four\nfour12345");

    for (const char* note : {"four", "too long", "four", "too long"}) EXPECT_EQ(notes.Next(), note);
    for (const char* note : {"ok", "rejected by frame", "timeout"}) EXPECT_EQ(notes.Next(), note);
    EXPECT_EQ(peer.ReceiveAll(), "goodbye");
    EXPECT_EQ(core->Counters().ended_frame, 1u);
    EXPECT_EQ(core->Counters().frames_too_long, 2u);
}

TEST_P(GuardTest, AGoodbyeThatIsNotTakenDoesNotLast) {
    Serve(Behind(
        {.idle = 50ms},
        [](IOCP_Client& client, Conformance& test) -> Task<> {
            co_await Listen(client, test);
            const std::string endless(std::size_t{64} << 20, 'x');
            test.notes.Write(co_await client.Send(endless));
        },
        *this));
    const Peer peer(Where());

    for (const char* note : {"rejected by idle", "timeout", "stopped", "left"}) EXPECT_EQ(notes.Next(), note);
}

TEST_P(GuardTest, ChildrenOfAnEndedClientAreTold) {
    Serve(Behind(
        {.idle = 50ms},
        [](IOCP_Client& client, Conformance& test) -> Task<> {
            client.Spawn([](Conformance& of) -> Task<> { of.notes.Write(co_await iocp::Sleep(1h)); }, std::ref(test));
            co_await client.Recv();
        },
        *this));
    const Peer peer(Where());

    for (const char* note : {"rejected by idle", "stopped", "left"}) EXPECT_EQ(notes.Next(), note);
}

TEST_P(GuardTest, ASendThatIsNotTakenTimesOut) {
    Serve(Behind(
        {.send = 100ms},
        [](IOCP_Client& client, Conformance& test) -> Task<> {
            const std::string endless(std::size_t{64} << 20, 'x');
            test.notes.Write(co_await client.Send(endless));
        },
        *this));
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "timeout");
    EXPECT_EQ(notes.Next(), "left");
    EXPECT_EQ(core->Counters().sends_timed_out, 1u);
}

TEST_P(GuardTest, TheLimitOfSendsLeavesTheirOwnDeadlinesAlone) {
    Serve(Behind(
        {.send = 1h},
        [](IOCP_Client& client, Conformance& test) -> Task<> {
            const std::string endless(std::size_t{64} << 20, 'x');
            test.notes.Write(co_await client.Send(endless).Within(50ms));
        },
        *this));
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "timeout");
    EXPECT_EQ(core->Counters().sends_timed_out, 0u);
}

TEST_P(GuardTest, LimitsChangedWhileRunningHoldForThoseWhoAreThere) {
    workers = 2;
    Serve({Behind({}, Listen, *this), Behind({}, Echo, *this)});
    std::vector<Peer> silent;
    for (int i = 0; i < 4; ++i) silent.emplace_back(Where());
    Peer other(Where(1));
    IsServed(other);

    core->SetLimits(0, {.first_byte = 50ms});

    for (Peer& peer : silent) EXPECT_NE(peer.AwaitEnd(), StreamEnd::Open);
    EXPECT_EQ(core->Counters().ended_first_byte, 4u);
    EXPECT_EQ(core->Limits(0).first_byte, 50ms);
    EXPECT_EQ(core->Limits(1).first_byte, 0ms);
    IsServed(other);
}

TEST_P(GuardTest, MorePlacesAreGivenAtOnce) {
    Serve(Behind({.clients = 1}, Echo, *this));
    Peer first(Where());
    IsServed(first);
    std::vector<Peer> waiting;
    for (int i = 0; i < 3; ++i) waiting.emplace_back(Where());
    Settle();

    core->SetLimits(0, {.clients = 4});

    for (Peer& peer : waiting) IsServed(peer);
    IsServed(first);
}

TEST_P(GuardTest, AHigherRateLetsInThoseWhoWait) {
    Serve(Behind({.accepts_per_second = 1}, Echo, *this));
    std::vector<Peer> waiting;
    for (int i = 0; i < 200; ++i) waiting.emplace_back(Where());

    core->SetLimits(0, {});

    for (Peer& peer : waiting) IsServed(peer);  // not in minutes
}

TEST_P(GuardTest, ThoseInsideCountWhenALimitIsSet) {
    Serve(Behind({}, Echo, *this));
    std::vector<Peer> inside;
    for (int i = 0; i < 3; ++i) {
        inside.emplace_back(Where());
        IsServed(inside.back());
    }

    core->SetLimits(0, {.clients_per_address = 2});

    Peer refused(Where());
    EXPECT_NE(refused.AwaitEnd(), StreamEnd::Open);
    for (Peer& peer : inside) IsServed(peer);
}

TEST_P(GuardTest, LimitsOutliveARun) {
    Make({Behind({.clients_per_address = 5}, Echo, *this)});
    core->SetLimits(0, {.clients_per_address = 1});
    for (int run = 0; run < 2; ++run) {
        Start();
        Peer first(Where());
        IsServed(first);
        Peer second(Where());
        EXPECT_NE(second.AwaitEnd(), StreamEnd::Open);
        core->Stop();
    }
    EXPECT_EQ(core->Counters().refused_per_address, 2u);
}

TEST_P(GuardTest, LimitsMayChangeAtAnyTime) {
    workers = 2;
    Serve({Behind({}, Echo, *this), Behind({}, Echo, *this, Transport::Udp)});
    std::atomic<bool> ended = false;
    std::thread changing([&] {
        for (std::size_t i = 0; !ended; ++i) {
            core->SetLimits(i % 2, {.clients = 50 + i % 50, .accepts_per_second = 100'000 + i, .idle = 1h});
            core->SetLimits(i % 2, {.clients_per_address = 100, .first_byte = 1h, .least_rate = i % 2, .send = 1h});
        }
    });
    for (int i = 0; i < 100; ++i) {
        Peer peer(Where());
        IsServed(peer);
        const UdpPeer udp(Where(1));
        EXPECT_EQ(udp.Ask("x"), "x");
        if (i % 2 == 0) core->ForEachClient([](IOCP_Client& client) { client.Close(); });
    }
    ended = true;
    changing.join();
}

TEST_P(GuardTest, WhatOnRejectThrowsIsReportedAndChangesNothing) {
    class Indignant final : public IOCP_Protocol {
        Task<> ProcedureClient(IOCP_Client& client) override {
            while (auto message = co_await client.Recv()) co_await client.Send(message);
        }
        void OnReject(const iocp::Arrival&, iocp::Rejection) override { throw std::runtime_error("indignant"); }
    };
    iocp::Listener listener(0, 1, std::make_shared<Indignant>(), Transport::Tcp, "127.0.0.1");
    listener.limits = {.clients_per_address = 1, .first_byte = 50ms};
    Serve(listener);
    Peer first(Where());
    Peer second(Where());

    EXPECT_NE(second.AwaitEnd(), StreamEnd::Open);
    EXPECT_NE(first.AwaitEnd(), StreamEnd::Open);
    for (const auto& error : errors.NextSorted(2)) EXPECT_NE(error.find("indignant"), std::string::npos);
}

// Three hundred clients, or as many as GUARD_TEST_CROWD says, that do nothing but hold their places.
TEST_P(GuardTest, ACrowdThatHoldsPlacesIsEndedWhileOthersAreServed) {
    const char* asked = std::getenv("GUARD_TEST_CROWD");
    const std::size_t of_each_kind = (asked != nullptr ? std::strtoul(asked, nullptr, 10) : 300) / 3;
    workers = 2;
    const auto hold = [](IOCP_Client& client, Conformance&) -> Task<> {
        while (co_await client.Recv()) {
        }
    };
    Serve({Behind({}, hold, *this), Behind({}, hold, *this), Behind({}, hold, *this), Tcp(Echo)});
    std::vector<Peer> crowd;
    for (std::size_t i = 0; i < 3 * of_each_kind; ++i) {
        const std::size_t kind = i % 3;
        crowd.emplace_back(Where(kind));
        if (kind != 0) crowd.back().Send("x");
    }
    std::vector<Peer> good;
    for (int i = 0; i < 20; ++i) good.emplace_back(Where(3));

    for (Peer& peer : good) IsServed(peer);

    core->SetLimits(0, {.first_byte = 300ms});
    core->SetLimits(1, {.idle = 300ms});
    core->SetLimits(2, {.least_rate = 100, .rate_window = 300ms});

    while (core->ClientCount() > good.size())
        for (Peer& peer : good) IsServed(peer);

    for (Peer& peer : crowd) EXPECT_NE(peer.AwaitEnd(), StreamEnd::Open);
    for (Peer& peer : good) IsServed(peer);
    EXPECT_EQ(core->Counters().ended_first_byte, of_each_kind);
    EXPECT_EQ(core->Counters().ended_idle, of_each_kind);
    EXPECT_EQ(core->Counters().ended_slow, of_each_kind);
}

}  // namespace iocp_test
