// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <future>
#include <optional>

namespace iocp_test {

using StartTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, StartTest, EveryEngine(), NameOfEngine);

namespace {

void Answers(const iocp::Endpoint& where) {
    Peer peer(where);
    peer.Send("hello");
    EXPECT_EQ(peer.Receive(5), "hello");
}

// To a server that echoes: after the note it has a client for the connection.
Task<> ConnectAndHold(iocp::Endpoint server, Conformance& test) {
    auto connection = co_await iocp::Connect(server);
    if (connection) co_await connection->Send("hello");
    if (connection) static_cast<void>(co_await connection->Recv());
    test.notes.Write(connection);
    if (connection) static_cast<void>(co_await connection->Recv());
}

}  // namespace

TEST_P(StartTest, TcpAndUdpOfOneAddressGetOneNumberFromTheSystem) {
    Serve({Tcp(Echo), Udp(Echo), Tcp(Echo), Udp(Echo)});

    EXPECT_NE(Where(0).Port(), 0);
    EXPECT_EQ(Where(0).Port(), Where(1).Port());
    EXPECT_NE(Where(0).Port(), Where(2).Port());
    EXPECT_EQ(Where(2).Port(), Where(3).Port());
}

TEST_P(StartTest, AStoppedCoreStartsAgain) {
    Make(Echo);

    for (unsigned run = 0; run < 5; ++run) {
        core->Start(run % 3 + 1);
        Answers(Where());
        core->Stop();
        EXPECT_EQ(core->OperationsInUse(), 0u);
    }

    EXPECT_EQ(core->Counters().clients_accepted, 5u);
}

TEST_P(StartTest, AStoppedCoreGivesEveryDescriptorBack) {
    workers = 2;
    const auto serve_and_stop = [this] {
        Serve({Tcp(Echo), Udp(Echo)});
        Answers(Where(0));
        EXPECT_EQ(UdpPeer(Where(1)).Ask("hello"), "hello");
        core->Stop();
    };
    serve_and_stop();  // some are the system's own, and kept
    const std::size_t before = OpenDescriptors();

    for (int i = 0; i < 20; ++i) serve_and_stop();

    // The system may close a few a moment later; one for each run would be a leak.
    EXPECT_LT(OpenDescriptors(), before + 10);
}

// Otherwise they would keep connections open that this one has closed, and its port.
TEST_P(StartTest, ProgramsThatAreStartedInheritNothing) {
    workers = 2;
    Socket socket(iocp::Endpoint::Family::V4, Transport::Tcp);  // the test's own may be inherited
    const std::size_t before = InheritableDescriptors();
    Serve({Tcp(Echo), Udp(Echo)});
    core->Spawn(ConnectAndHold(Where(), *this));
    EXPECT_EQ(notes.Next(), "ok");
    Peer peer(std::move(socket), Where());
    peer.Send("hello");
    EXPECT_EQ(peer.Receive(5), "hello");

    EXPECT_EQ(core->ClientCount(), 3u);
    EXPECT_EQ(InheritableDescriptors(), before);
}

TEST_P(StartTest, ARunningCoreIsNotStartedAgain) {
    Serve(Echo);

    EXPECT_THROW(core->Start(1), iocp::StartError);

    Answers(Where());
}

TEST_P(StartTest, SeveralCoresServeSideBySide) {
    Serve(Echo);
    std::vector<std::unique_ptr<IOCP_CORE>> cores;
    for (int i = 0; i < 3; ++i) {
        cores.push_back(std::move(core));
        Serve(Echo);
    }
    std::vector<iocp::Endpoint> places;
    for (const auto& each : cores) places.push_back(each->Listening());
    places.push_back(Where());

    for (const auto& place : places) Answers(place);
    cores.front()->Stop();

    EXPECT_FALSE(cores.front()->IsRunning());
    for (std::size_t i = 1; i < places.size(); ++i) Answers(places[i]);
}

TEST_P(StartTest, TheDestructorStopsARunningCore) {
    iocp::Endpoint place;
    std::optional<Peer> peer;
    {
        IOCP_CORE plain({Tcp(Listen)}, options);
        plain.Start(2);
        place = plain.Listening();
        peer.emplace(place);
        peer->Send("x");
        EXPECT_EQ(notes.Next(), "ok");
    }

    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_EQ(peer->AwaitEnd(), StreamEnd::Closed);
    EXPECT_ANY_THROW(Peer{place});
}

TEST_P(StartTest, ACoreThatWasNeverStartedIsDestroyed) {
    Make(Echo);

    EXPECT_FALSE(core->IsRunning());
    EXPECT_EQ(core->EngineReport(), "");
    EXPECT_EQ(core->ClientsPerWorker(), std::vector<std::size_t>());
}

TEST_P(StartTest, RunReturnsAfterStop) {
    Make(Echo);
    hooks.on_start = [this] { notes.Write("started"); };
    auto running = std::async(std::launch::async, [this] { core->Run(1); });
    EXPECT_EQ(notes.Next(), "started");
    Answers(Where());

    core->Stop();

    EXPECT_EQ(running.wait_for(kPatience), std::future_status::ready);
    EXPECT_FALSE(core->IsRunning());
}

TEST_P(StartTest, RunReturnsAfterCtrlC) {
    Make(Listen);
    hooks.on_start = [this] { notes.Write("started"); };
    auto running = std::async(std::launch::async, [this] { core->Run(1); });
    EXPECT_EQ(notes.Next(), "started");
    Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");

    RaiseTermination();

    EXPECT_EQ(running.wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_FALSE(core->IsRunning());
}

TEST_P(StartTest, CtrlCEndsEveryCoreThatRuns) {
    hooks.on_start = [this] { notes.Write("started"); };
    Make(Echo);
    const auto first = std::move(core);
    Make(Echo);
    auto running = std::async(std::launch::async, [&] { first->Run(1); });
    auto running_too = std::async(std::launch::async, [&] { core->Run(1); });
    EXPECT_EQ(notes.NextSorted(2), Times(2, "started"));

    RaiseTermination();

    EXPECT_EQ(running.wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(running_too.wait_for(kPatience), std::future_status::ready);
}

TEST_P(StartTest, RunMayBeCalledAgain) {
    Make(Echo);
    hooks.on_start = [this] { core->Stop(); };

    core->Run(1);
    core->Run(2);

    EXPECT_FALSE(core->IsRunning());
}

}  // namespace iocp_test
