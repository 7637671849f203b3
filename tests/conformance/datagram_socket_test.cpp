// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <stdexcept>

namespace iocp_test {

using DatagramSocketTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, DatagramSocketTest, EveryEngine(), NameOfEngine);

namespace {

class Raw final : public iocp::DatagramProtocol {
public:
    using Handler = Task<> (*)(iocp::DatagramSocket& socket, Conformance& test);

    Raw(Handler handler, Conformance& test) : handler_(handler), test_(test) {}

    Task<> ProcedureSocket(iocp::DatagramSocket& socket) override { return handler_(socket, test_); }

private:
    Handler handler_;
    Conformance& test_;
};

Task<> EchoAll(iocp::DatagramSocket& socket, Conformance& test) {
    while (const auto datagram = co_await socket.RecvFrom()) socket.SendTo(datagram.From(), datagram.Bytes());
    test.notes.Write("echoed");
}

iocp::Listener RawUdp(Raw::Handler handler, Conformance& test, std::string address = "127.0.0.1") {
    return {0, 1, std::make_shared<Raw>(handler, test), Transport::Udp, std::move(address)};
}

}  // namespace

TEST_P(DatagramSocketTest, EveryDatagramComesWithItsSender) {
    Serve(RawUdp(
        [](iocp::DatagramSocket& socket, Conformance& test) -> Task<> {
            test.notes.Write(socket.Local().ToString());
            while (const auto datagram = co_await socket.RecvFrom())
                test.notes.Write(datagram.From().ToString() + " " + std::string(datagram.Text()));
        },
        *this));
    const UdpPeer first(Where());
    const UdpPeer second(Where());
    EXPECT_EQ(notes.Next(), Where().ToString());

    first.Send("hello");
    EXPECT_EQ(notes.Next(), first.Local().ToString() + " hello");
    second.Send("");
    EXPECT_EQ(notes.Next(), second.Local().ToString() + " ");
    first.Send("again");
    EXPECT_EQ(notes.Next(), first.Local().ToString() + " again");
    EXPECT_EQ(core->ClientCount(), 0u);
}

TEST_P(DatagramSocketTest, AnswersReachTheirSender) {
    Serve(RawUdp(EchoAll, *this));
    const UdpPeer first(Where());
    const UdpPeer second(Where());

    first.Send("one");
    second.Send("two");
    const std::string longest = Noise(65'507);

    EXPECT_EQ(first.Receive(), "one");
    EXPECT_EQ(second.Receive(), "two");
    first.Send(longest);
    EXPECT_TRUE(first.Receive() == longest);
}

TEST_P(DatagramSocketTest, StopEndsTheRecvFrom) {
    Serve(RawUdp(
        [](iocp::DatagramSocket& socket, Conformance& test) -> Task<> {
            auto datagram = co_await socket.RecvFrom();
            test.notes.Write(datagram);
            datagram = co_await socket.RecvFrom();
            test.notes.Write(datagram);
        },
        *this));
    Settle();

    core->Stop();

    EXPECT_EQ(notes.Rest(), Times(2, "stopped"));
}

TEST_P(DatagramSocketTest, ADatagramLongerThanAnyIsTooLongToSend) {
    Serve(RawUdp(
        [](iocp::DatagramSocket& socket, Conformance& test) -> Task<> {
            const auto datagram = co_await socket.RecvFrom();
            const std::string too_long(65'508, 'x');
            test.notes.Write(socket.SendTo(datagram.From(), too_long));
            test.notes.Write(socket.SendTo(datagram.From(), "short"));
        },
        *this));
    const UdpPeer peer(Where());

    peer.Send("x");

    EXPECT_EQ(notes.Next(), "too long");
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(peer.Receive(), "short");
}

TEST_P(DatagramSocketTest, AHandlerThatReturnsLeavesTheCoreRunning) {
    Serve({RawUdp([](iocp::DatagramSocket&, Conformance&) -> Task<> { co_return; }, *this), Tcp(Echo)});

    Peer peer(Where(1));
    peer.Send("x");

    EXPECT_EQ(peer.Receive(1), "x");
}

TEST_P(DatagramSocketTest, AnExceptionIsToldWithoutAClient) {
    Serve(RawUdp(
        [](iocp::DatagramSocket& socket, Conformance&) -> Task<> {
            co_await socket.RecvFrom();
            throw std::runtime_error("no use");
        },
        *this));
    const UdpPeer peer(Where());

    peer.Send("x");

    EXPECT_EQ(errors.Next(), "0: no use");
}

TEST_P(DatagramSocketTest, AClosedPortOfAPeerEndsNothing) {
    Serve(RawUdp(
        [](iocp::DatagramSocket& socket, Conformance& test) -> Task<> {
            const iocp::Endpoint gone = (co_await socket.RecvFrom()).From();
            test.notes.Write("told");
            co_await test.gate;
            for (int i = 0; i < 1'000; ++i) socket.SendTo(gone, "anyone?");
            co_await EchoAll(socket, test);
        },
        *this));
    UdpPeer leaving(Where());
    leaving.Send("x");
    EXPECT_EQ(notes.Next(), "told");
    leaving.Close();

    OpenGate();

    const UdpPeer staying(Where());
    EXPECT_EQ(staying.Ask("hello"), "hello");
}

TEST_P(DatagramSocketTest, StartsAgainWithItsCore) {
    Make({RawUdp(EchoAll, *this)});
    for (int run = 0; run < 3; ++run) {
        Start();
        const UdpPeer peer(Where());
        EXPECT_EQ(peer.Ask("hello"), "hello");
        core->Stop();
        EXPECT_EQ(notes.Next(), "echoed");
    }
}

}  // namespace iocp_test
