// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <future>

namespace iocp_test {

using ConnectTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, ConnectTest, EveryEngine(), NameOfEngine);

namespace {

// Notes how the connecting ended.
Task<> Try(iocp::Endpoint remote, std::chrono::milliseconds limit, Conformance& test) {
    const auto connection = co_await iocp::Connect(remote, Transport::Tcp, limit);
    test.notes.Write(connection);
}

Task<> Greet(iocp::Endpoint remote, Transport transport, Conformance& test) {
    auto connection = co_await iocp::Connect(remote, transport);
    if (!connection) co_return test.notes.Write(connection);
    co_await connection->Send("hello");
    const auto answer = co_await connection->Recv();
    test.notes.Write(std::string(answer.Text()));
    test.notes.Write(connection->Remote() == remote ? "the one" : "another");
}

// Passes what its client sends to the core's second listener and back.
Task<> Relay(IOCP_Client& client, Conformance& test) {
    auto server = co_await iocp::Connect(test.Where(1));
    while (server) {
        const auto question = co_await client.Recv();
        if (!question || !co_await server->Send(question)) break;
        const auto answer = co_await server->Recv();
        if (!answer || !co_await client.Send(answer)) break;
    }
}

Task<> HoldAConnection(iocp::Endpoint remote, Conformance& test) {
    auto connection = co_await iocp::Connect(remote);
    test.notes.Write(std::to_string(connection->Id()));
    const auto message = co_await connection->Recv();
    test.notes.Write(message);
}

}  // namespace

TEST_P(ConnectTest, ToAListenerYieldsAClient) {
    Serve(Echo);

    core->Spawn(Greet(Where(), Transport::Tcp, *this));

    EXPECT_EQ(notes.Next(), "hello");
    EXPECT_EQ(notes.Next(), "the one");
}

TEST_P(ConnectTest, OverIPv6YieldsAClient) {
    Serve(Tcp(Echo, "::1"));

    core->Spawn(Greet(Where(), Transport::Tcp, *this));

    EXPECT_EQ(notes.Next(), "hello");
    EXPECT_EQ(notes.Next(), "the one");
}

TEST_P(ConnectTest, OverUdpYieldsAClientOfOneRemoteAddress) {
    Serve({Udp(Echo), Udp(Echo, "::1")});

    for (const std::size_t listener : {0U, 1U}) {
        core->Spawn(Greet(Where(listener), Transport::Udp, *this));
        EXPECT_EQ(notes.Next(), "hello");
        EXPECT_EQ(notes.Next(), "the one");
    }
}

TEST_P(ConnectTest, ByAHandlerMakesARelay) {
    workers = 2;
    Serve({Tcp(Relay), Tcp(Echo)});
    std::vector<Peer> peers;
    for (int i = 0; i < 10; ++i) peers.emplace_back(Where(0));

    for (int round = 0; round < 5; ++round) {
        for (Peer& peer : peers) peer.Send("over the hills");
        for (Peer& peer : peers) EXPECT_EQ(peer.Receive(14), "over the hills");
    }
}

TEST_P(ConnectTest, WhereNobodyListensIsASystemErrorWithItsCode) {
    Serve(Echo);
    const DeadEnd dead_end;

    core->Spawn([](iocp::Endpoint remote, Conformance& test) -> Task<> {
        const auto connection = co_await iocp::Connect(remote);
        test.notes.Write(connection);
        test.notes.Write(std::to_string(connection.NativeCode()));
    }(dead_end.Local(), *this));

    EXPECT_EQ(notes.Next(), "system error");
    EXPECT_EQ(notes.Next(), std::to_string(ConnectionRefusedCode()));
}

TEST_P(ConnectTest, WhereNobodyAnswersTimesOut) {
    Serve(Echo);
    const FullListener full;

    core->Spawn(Try(full.Local(), 100ms, *this));

    EXPECT_EQ(notes.Next(), "timeout");
}

TEST_P(ConnectTest, StopEndsTheWaitForAnAnswer) {
    Serve(Echo);
    const FullListener full;
    core->Spawn(Try(full.Local(), 1h, *this));
    Settle();

    core->Stop();

    EXPECT_EQ(notes.Rest(), Times(1, "stopped"));
}

TEST_P(ConnectTest, AfterStopItEndsAsStoppedAtOnce) {
    Serve({Tcp([](IOCP_Client& client, Conformance& test) -> Task<> {
               test.notes.Write("waiting");
               co_await client.Recv();
               co_await Try(test.Where(1), 1h, test);
               const auto udp = co_await iocp::Connect(test.Where(1), Transport::Udp);
               test.notes.Write(udp);
           }),
           Tcp(Echo)});
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "waiting");

    core->Stop();

    EXPECT_EQ(notes.Rest(), Times(2, "stopped"));
}

TEST_P(ConnectTest, StopEndsARecvOnAConnection) {
    Serve({Tcp(Echo), Udp(Echo)});
    core->Spawn(HoldAConnection(Where(), *this));
    static_cast<void>(notes.Next());

    core->Stop();

    EXPECT_EQ(notes.Rest(), Times(1, "stopped"));
}

TEST_P(ConnectTest, AConnectionIsInTheTableWhileItIsHeld) {
    Serve(Echo);
    core->Spawn(HoldAConnection(Where(), *this));
    const auto id = std::stoull(notes.Next());

    const auto connection = core->FindClient(id);
    ASSERT_NE(connection, nullptr);
    EXPECT_EQ(connection->Remote(), Where());
    connection->Close();

    EXPECT_EQ(notes.Next(), "stopped");
    Settle();
    EXPECT_EQ(core->FindClient(id), nullptr);
}

TEST_P(ConnectTest, AConnectionThatIsLetGoIsClosedAfterAllThatWasSent) {
    options.linger = kPatience;
    Serve(Tcp([](IOCP_Client& client, Conformance& test) -> Task<> {
        // Something that the other end never reads.
        co_await client.Send("noise");
        std::size_t received = 0;
        auto message = co_await client.Recv();
        for (; message; message = co_await client.Recv()) received += message.size();
        test.notes.Write(message);
        test.notes.Write(std::to_string(received));
    }));

    core->Spawn([](iocp::Endpoint remote) -> Task<> {
        const std::string bytes(1 << 20, 'x');
        auto connection = co_await iocp::Connect(remote);
        co_await connection->Send(bytes);
    }(Where()));

    EXPECT_EQ(notes.Next(), "closed");
    EXPECT_EQ(notes.Next(), std::to_string(1 << 20));
}

TEST_P(ConnectTest, DatagramsOfStrangersDoNotReachAConnection) {
    Serve(Udp(Echo));
    core->Spawn([](iocp::Endpoint remote, Conformance& test) -> Task<> {
        auto connection = co_await iocp::Connect(remote, Transport::Udp);
        co_await connection->Send("first");
        const auto first = co_await connection->Recv();
        test.notes.Write(connection->Local().ToString());
        co_await test.gate;
        co_await connection->Send("second");
        const auto second = co_await connection->Recv();
        test.notes.Write(std::string(second.Text()));
    }(Where(), *this));
    const auto local = iocp::Endpoint::Parse("127.0.0.1", 0);
    const std::string place = notes.Next();
    const auto port = static_cast<std::uint16_t>(std::stoul(place.substr(place.rfind(':') + 1)));

    const UdpPeer stranger(iocp::Endpoint(local->AddressFamily(), local->AddressBytes(), port));
    stranger.Send("a stranger");
    Settle();
    OpenGate();

    EXPECT_EQ(notes.Next(), "second");
}

TEST_P(ConnectTest, ManyMayBeUnderWayAtOnce) {
    workers = 2;
    Serve(Echo);

    for (int i = 0; i < 100; ++i) core->Spawn(Greet(Where(), Transport::Tcp, *this));

    const auto told = notes.NextSorted(200);
    EXPECT_EQ(std::vector(told.begin(), told.begin() + 100), Times(100, "hello"));
}

}  // namespace iocp_test
