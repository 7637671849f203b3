// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <future>

namespace iocp_test {

using StopTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, StopTest, EveryEngine(), NameOfEngine);

namespace {

constexpr std::size_t kMoreThanBuffersHold = std::size_t{24} << 20;

Task<> StopTheCore(IOCP_Client& client, Conformance& test) {
    co_await client.Recv();
    test.core->Stop();
    test.notes.Write(co_await client.Recv());
    test.notes.Write(co_await client.Send("last words"));
}

Task<> SendALot(IOCP_Client& client, Conformance& test) {
    const std::string bytes = Noise(kMoreThanBuffersHold);
    test.notes.Write("sending");
    test.notes.Write(co_await client.Send(bytes));
}

Task<iocp::Result> Doze() { co_return co_await iocp::Sleep(1h); }

Task<> AskForEver(IOCP_Client& client, Conformance& test) {
    test.notes.Write("asking");
    for (;;) co_await client.Recv();
}

}  // namespace

TEST_P(StopTest, EndsARecvThatWaits) {
    Serve(Listen);
    Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");
    Settle();

    core->Stop();

    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_EQ(peer.AwaitEnd(), StreamEnd::Closed);
    EXPECT_FALSE(core->IsRunning());
    EXPECT_EQ(core->Counters().handlers_unwound, 0u);  // everything has left by itself
}

TEST_P(StopTest, IsHeardByWhatBeginsLater) {
    options.drain = 100ms;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write(co_await client.Recv());
        test.notes.Write(co_await Doze().Within(1h));
        const auto [one, other] = co_await iocp::All(Doze(), Doze());
        test.notes.Write(one && other ? "ok" : "cut short");
        client.Spawn([](Conformance& of) -> Task<> { of.notes.Write(co_await iocp::Sleep(1h)); }, std::ref(test));
    });
    const Peer peer(Where());
    Settle();

    core->Stop();

    EXPECT_EQ(notes.Rest(), (std::vector<std::string>{"stopped", "stopped", "cut short", "stopped"}));
    EXPECT_EQ(core->Counters().handlers_unwound, 0u);
}

TEST_P(StopTest, ByAHandlerEndsTheCore) {
    Serve(StopTheCore);
    Peer peer(Where());

    peer.Send("x");

    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(peer.ReceiveAll(), "last words");
    core->Stop();
    EXPECT_FALSE(core->IsRunning());
}

TEST_P(StopTest, ByATickEndsTheCore) {
    options.tick = 1ms;
    hooks.on_tick = [this] { core->Stop(); };
    hooks.on_stop = [this] { notes.Write("stopped"); };
    Serve(Echo);

    EXPECT_EQ(notes.Next(), "stopped");
}

TEST_P(StopTest, ByOnStartEndsTheCoreBeforeItsFirstClient) {
    hooks.on_start = [this] { core->Stop(); };
    hooks.on_stop = [this] { notes.Write("stopped"); };
    Make(Echo);

    core->Start(1);

    EXPECT_EQ(notes.Next(), "stopped");
    core->Stop();
    EXPECT_FALSE(core->IsRunning());
}

TEST_P(StopTest, ByOnStopDoesNoHarm) {
    hooks.on_stop = [this] { core->Stop(); };
    Serve(Echo);

    core->Stop();

    EXPECT_FALSE(core->IsRunning());
}

TEST_P(StopTest, ByTwoThreadsAtOnceReturnsToBoth) {
    workers = 2;
    Serve(Listen);
    const Peer peer(Where());

    const auto other = std::async(std::launch::async, [this] { core->Stop(); });
    core->Stop();
    other.wait();

    EXPECT_FALSE(core->IsRunning());
}

TEST_P(StopTest, TwiceDoesNoHarm) {
    Serve(Listen);

    core->Stop();
    core->Stop();

    EXPECT_FALSE(core->IsRunning());
}

TEST_P(StopTest, BeforeAStartDoesNoHarm) {
    Make(Echo);

    core->Stop();
    Start();

    Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(peer.Receive(1), "x");
}

TEST_P(StopTest, LetsASendUnderWayFinish) {
    Serve(SendALot);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    const auto stopping = std::async(std::launch::async, [this] { core->Stop(1h); });

    EXPECT_TRUE(peer.ReceiveAll() == Noise(kMoreThanBuffersHold));
    EXPECT_EQ(notes.Next(), "ok");
    stopping.wait();
}

TEST_P(StopTest, CutsASendThatNobodyReceivesWhenTheDrainHasPassed) {
    Serve(SendALot);
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    core->Stop(50ms);

    EXPECT_EQ(notes.Next(), "stopped");
}

TEST_P(StopTest, TheShortestDrainCounts) {
    Serve({Tcp(SendALot), Tcp(Listen)});
    const Peer stuck(Where(0));
    EXPECT_EQ(notes.Next(), "sending");
    Peer other(Where(1));
    other.Send("x");
    EXPECT_EQ(notes.Next(), "ok");

    const auto patient = std::async(std::launch::async, [this] { core->Stop(1h); });
    EXPECT_EQ(notes.Next(), "stopped");  // of the other: the patient stop has begun
    core->Stop(0ms);
    patient.wait();

    EXPECT_EQ(notes.Next(), "stopped");
}

TEST_P(StopTest, AHandlerThatDoesNotTakeStoppedForAnAnswerIsUnwound) {
    Serve(AskForEver);
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "asking");

    core->Stop(10ms);

    EXPECT_EQ(core->Counters().handlers_unwound, 1u);
}

TEST_P(StopTest, AClosedHandlerThatDoesNotTakeStoppedForAnAnswerIsUnwound) {
    auto listener = Tcp(AskForEver);
    listener.limits.clients = 1;
    Serve(listener);
    Peer first(Where());
    EXPECT_EQ(notes.Next(), "asking");

    OnlyClient()->Close();

    EXPECT_NE(first.AwaitEnd(), StreamEnd::Open);
    const Peer second(Where());
    EXPECT_EQ(notes.Next(), "asking");
    EXPECT_EQ(core->Counters().handlers_unwound, 1u);
    core->Stop(0ms);
}

TEST_P(StopTest, EndsManyClientsOnSeveralWorkers) {
    workers = 4;
    Serve({Tcp(Listen), Udp(Listen)});
    std::vector<Peer> peers;
    for (int i = 0; i < 50; ++i) {
        peers.emplace_back(Where(0));
        peers.back().Send("x");
    }
    std::vector<UdpPeer> udp_peers;
    for (int i = 0; i < 20; ++i) {
        udp_peers.emplace_back(Where(1));
        udp_peers.back().Send("x");
    }
    EXPECT_EQ(notes.NextSorted(70), Times(70, "ok"));

    core->Stop();

    EXPECT_EQ(notes.Rest(), Times(70, "stopped"));
}

}  // namespace iocp_test
