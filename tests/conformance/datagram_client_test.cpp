// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <array>

namespace iocp_test {

using DatagramClientTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, DatagramClientTest, EveryEngine(), NameOfEngine);

namespace {

// Answers each datagram with the number of the client.
Task<> AnswerWithId(IOCP_Client& client, Conformance&) {
    const std::string id = std::to_string(client.Id());
    while (co_await client.Recv()) co_await client.Send(id);
}

std::string Quoted(std::string_view text) { return std::string("\"").append(text).append("\""); }

Task<> NoteEach(IOCP_Client& client, Conformance& test) {
    while (const auto message = co_await client.Recv()) test.notes.Write(Quoted(message.Text()));
}

}  // namespace

TEST_P(DatagramClientTest, EachRemoteAddressIsAClient) {
    workers = 2;
    Serve(Udp(AnswerWithId));
    const UdpPeer first(Where());
    const UdpPeer second(Where());

    first.Send("x");
    const std::string id_of_first = first.Receive();
    second.Send("x");
    EXPECT_NE(second.Receive(), id_of_first);
    first.Send("y");
    EXPECT_EQ(first.Receive(), id_of_first);

    EXPECT_EQ(core->ClientCount(), 2u);
    const auto client = core->FindClient(std::stoull(id_of_first));
    ASSERT_NE(client, nullptr);
    EXPECT_EQ(client->Remote(), first.Local());
    EXPECT_EQ(client->Transport(), Transport::Udp);
}

TEST_P(DatagramClientTest, DatagramsArriveWholeAndTheEmptyOneToo) {
    Serve(Udp(NoteEach));
    const UdpPeer peer(Where());

    for (const char* datagram : {"one", "", "two words", ""}) peer.Send(datagram);

    for (const char* note : {"one", "", "two words", ""}) EXPECT_EQ(notes.Next(), Quoted(note));
}

TEST_P(DatagramClientTest, EverySizeOfDatagramComesBack) {
    Serve(Udp(Echo));
    const UdpPeer peer(Where());

    for (const std::size_t size :
         std::initializer_list<std::size_t>{1, 2, 100, 1472, 1473, 4096, 9216, 16'384, 16'385, 65'506, 65'507}) {
        const std::string datagram = Noise(size);
        peer.Send(datagram);
        ASSERT_TRUE(peer.Receive() == datagram) << size;
    }
    peer.Send("");
    EXPECT_EQ(peer.Receive(), "");
}

TEST_P(DatagramClientTest, ABurstArrivesInOrder) {
    Serve(Udp(NoteEach));
    const UdpPeer peer(Where());

    for (int i = 0; i < 100; ++i) peer.Send(std::to_string(i));

    for (int i = 0; i < 100; ++i) ASSERT_EQ(notes.Next(), Quoted(std::to_string(i)));
}

TEST_P(DatagramClientTest, ADatagramLongerThanTheMemoryIsTooLong) {
    Serve(Udp([](IOCP_Client& client, Conformance& test) -> Task<> {
        std::array<char, 4> memory{};
        for (int i = 0; i < 3; ++i) {
            const auto filled = co_await client.Recv(std::as_writable_bytes(std::span(memory)));
            test.notes.Write(filled);
            test.notes.Write(std::string(memory.data(), filled.size()));
        }
    }));
    const UdpPeer peer(Where());

    for (const char* datagram : {"1234", "12345", "12"}) peer.Send(datagram);

    for (const char* note : {"ok", "1234", "too long", "1234", "ok", "12"}) EXPECT_EQ(notes.Next(), note);
}

TEST_P(DatagramClientTest, ADatagramLongerThanAnyIsTooLongToSend) {
    Serve(Udp([](IOCP_Client& client, Conformance& test) -> Task<> {
        const std::string longest(65'507, 'x');
        const std::string longer(65'508, 'x');
        const std::string longer_than_any(100'000, 'x');
        test.notes.Write(co_await client.Send(longer));
        test.notes.Write(co_await client.Send(longer_than_any));
        test.notes.Write(co_await client.Send(longest));
    }));
    const UdpPeer peer(Where());
    peer.Send("x");

    EXPECT_EQ(notes.Next(), "too long");
    EXPECT_EQ(notes.Next(), "too long");
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(peer.Receive().size(), 65'507u);
}

TEST_P(DatagramClientTest, APeerThatIsSilentTimesOutAndIsANewClientLater) {
    auto listener = Udp([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await Listen(client, test);
        test.notes.Write(co_await client.Recv());
    });
    listener.limits.idle = 100ms;
    Serve(listener);
    const UdpPeer peer(Where());

    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");
    const auto first = OnlyClient();
    EXPECT_EQ(notes.Next(), "timeout");
    EXPECT_EQ(notes.Next(), "stopped");
    Settle();
    EXPECT_EQ(core->FindClient(first->Id()), nullptr);

    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(core->Counters().clients_accepted, 2u);
}

TEST_P(DatagramClientTest, ADeadlineOfOneRecvLeavesTheClientAlone) {
    Serve(Udp([](IOCP_Client& client, Conformance& test) -> Task<> {
        auto message = co_await client.Recv();
        test.notes.Write(message);
        message = co_await client.Recv().Within(20ms);
        test.notes.Write(message);
        message = co_await client.Recv().Within(1h);
        test.notes.Write(std::string(message.Text()));
    }));
    const UdpPeer peer(Where());

    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(notes.Next(), "timeout");
    peer.Send("later");
    EXPECT_EQ(notes.Next(), "later");
}

TEST_P(DatagramClientTest, AClosedClientIsANewOneWhenItsPeerComesBack) {
    Serve(Udp(Listen));
    const UdpPeer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");

    OnlyClient()->Close();
    EXPECT_EQ(notes.Next(), "stopped");
    Settle();
    peer.Send("x");

    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(core->Counters().clients_accepted, 2u);
}

TEST_P(DatagramClientTest, APeerThatIsRefusedIsAskedAboutAgain) {
    class Doorman final : public IOCP_Protocol {
    public:
        explicit Doorman(Conformance& test) : test_(test) {}
        std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival&) override {
            refuse_ = !refuse_;
            return refuse_ ? nullptr : std::make_shared<IOCP_Client>();
        }
        Task<> ProcedureClient(IOCP_Client& client) override { return Echo(client, test_); }

    private:
        Conformance& test_;
        bool refuse_ = false;
    };
    Serve(iocp::Listener(0, 1, std::make_shared<Doorman>(*this), Transport::Udp, "127.0.0.1"));
    const UdpPeer peer(Where());

    EXPECT_EQ(peer.Ask("hello"), "hello");
    EXPECT_EQ(core->Counters().clients_refused, 1u);
}

TEST_P(DatagramClientTest, AClosedPortOfAPeerEndsNobodyElse) {
    Serve(Udp([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto order = co_await client.Recv();
        if (order.Text() != "gone") co_return co_await Echo(client, test);
        test.notes.Write("told");
        co_await test.gate;
        for (int i = 0; i < 1'000; ++i) co_await client.Send("anyone?");
        test.notes.Write("sent");
    }));
    const UdpPeer staying(Where());
    staying.Send("hello");
    UdpPeer leaving(Where());
    leaving.Send("gone");
    EXPECT_EQ(notes.Next(), "told");
    leaving.Close();

    OpenGate();

    EXPECT_EQ(notes.Next(), "sent");
    EXPECT_EQ(staying.Ask("still there?"), "still there?");
    const UdpPeer another(Where());
    another.Send("hello");
    EXPECT_EQ(another.Ask("me too"), "me too");
}

TEST_P(DatagramClientTest, StopEndsARecvThatWaits) {
    Serve(Udp(Listen));
    const UdpPeer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");

    core->Stop();

    EXPECT_EQ(notes.Rest(), Times(1, "stopped"));
}

}  // namespace iocp_test
