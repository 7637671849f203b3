// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <array>

namespace iocp_test {

using CloseTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, CloseTest, EveryEngine(), NameOfEngine);

namespace {

constexpr std::size_t kMoreThanBuffersHold = std::size_t{24} << 20;

Task<> TryEverything(std::shared_ptr<IOCP_Client> client, Conformance& test) {
    test.notes.Write(co_await client->Recv());
    std::array<std::byte, 10> memory;
    test.notes.Write(co_await client->Recv(memory));
    test.notes.Write(co_await client->Send("anyone?"));
    test.notes.Write(co_await client->Recv().Within(1h));
    client->Close();
}

Task<> NoteLocal(std::shared_ptr<IOCP_Client> client, Conformance& test) {
    test.notes.Write(client->Local().ToString());
    co_return;
}

Task<> ReceiveElsewhere(std::shared_ptr<IOCP_Client> client, Conformance& test) {
    test.notes.Write("elsewhere");
    test.notes.Write(co_await client->Recv());
}

// Tells of the end of each client.
class Farewell final : public IOCP_Protocol {
public:
    Farewell(Conformance::Handler handler, Conformance& test) : handler_(handler), test_(test) {}

    Task<> ProcedureClient(IOCP_Client& client) override { return handler_(client, test_); }
    void DeleteClient(IOCP_Client&) override { test_.notes.Write("deleted"); }

private:
    Conformance::Handler handler_;
    Conformance& test_;
};

}  // namespace

TEST_P(CloseTest, ByTheHandlerEndsItsAwaits) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        client.Close();
        co_await Listen(client, test);
        co_await TryEverything(client.shared_from_this(), test);
    });
    Peer peer(Where());

    EXPECT_EQ(notes.NextSorted(5), Times(5, "stopped"));
    EXPECT_EQ(peer.AwaitEnd(), StreamEnd::Closed);
}

TEST_P(CloseTest, FromAnotherThreadEndsARecv) {
    Serve(Listen);
    Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");
    Settle();

    OnlyClient()->Close();

    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_EQ(peer.AwaitEnd(), StreamEnd::Closed);
}

TEST_P(CloseTest, FromAnotherThreadEndsASendThatNobodyReceives) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const std::string bytes(kMoreThanBuffersHold, 'x');
        test.notes.Write("sending");
        test.notes.Write(co_await client.Send(bytes));
        test.notes.Write(co_await client.Send("next"));
    });
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    OnlyClient()->Close();

    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_EQ(notes.Next(), "stopped");
}

TEST_P(CloseTest, TwiceDoesNoHarm) {
    Serve(Listen);
    Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");

    const auto client = OnlyClient();
    client->Close();
    client->Close();
    EXPECT_EQ(notes.Next(), "stopped");
    client->Close();

    EXPECT_EQ(peer.AwaitEnd(), StreamEnd::Closed);
}

TEST_P(CloseTest, OfOneClientLeavesTheOthersAlone) {
    Serve(Echo);
    Peer first(Where());
    first.Send("x");
    EXPECT_EQ(first.Receive(1), "x");
    const auto client = OnlyClient();
    Peer second(Where());
    second.Send("x");
    EXPECT_EQ(second.Receive(1), "x");

    client->Close();

    EXPECT_EQ(first.AwaitEnd(), StreamEnd::Closed);
    second.Send("still here");
    EXPECT_EQ(second.Receive(10), "still here");
}

TEST_P(CloseTest, DeliversWhatHasBeenSentAlthoughBytesAreLeftUnread) {
    options.linger = kPatience;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const std::string bytes = Noise(2 << 20);
        test.notes.Write(co_await client.Send(bytes));
        client.Close();
        test.notes.Write(co_await client.Recv());
        co_await test.gate;
    });
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(notes.Next(), "stopped");

    peer.Send("nobody reads this");
    OpenGate();

    EXPECT_TRUE(peer.Receive(2 << 20) == Noise(2 << 20));
    EXPECT_EQ(peer.AwaitEnd(), StreamEnd::Closed);
}

TEST_P(CloseTest, AClientHeldAfterItsEndIsFoundStopped) {
    Serve(Listen);
    std::shared_ptr<IOCP_Client> client;
    {
        Peer peer(Where());
        peer.Send("x");
        EXPECT_EQ(notes.Next(), "ok");
        client = OnlyClient();
    }
    EXPECT_EQ(notes.Next(), "closed");
    Settle();

    core->Spawn(TryEverything(client, *this));

    EXPECT_EQ(notes.NextSorted(4), Times(4, "stopped"));
    EXPECT_EQ(core->FindClient(client->Id()), nullptr);
    core->Spawn(NoteLocal(client, *this));
    EXPECT_EQ(notes.Next(), iocp::Endpoint().ToString());
}

TEST_P(CloseTest, AClientWhoseHandlerHasReturnedIsFoundStoppedAlthoughThePeerStays) {
    options.linger = 1h;
    Serve(std::make_shared<Farewell>(
        [](IOCP_Client& client, Conformance&) -> Task<> {
            const auto first = co_await client.Recv();
            co_await client.Send(first);
        },
        *this));
    Peer peer(Where());
    Settle();
    const auto client = OnlyClient();
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "deleted");
    Settle();

    core->Spawn(TryEverything(client, *this));

    EXPECT_EQ(notes.NextSorted(4), Times(4, "stopped"));
    EXPECT_EQ(peer.ReceiveAll(), "x");
}

TEST_P(CloseTest, AHandlerThatReturnsEndsTheAwaitsOfOthersOnItsClient) {
    Serve(std::make_shared<Farewell>(
        [](IOCP_Client& client, Conformance& test) -> Task<> {
            test.core->Spawn(ReceiveElsewhere(client.shared_from_this(), test));
            const std::string bytes(100, 'x');
            co_await client.Send(bytes);
        },
        *this));
    Peer peer(Where());

    auto told = notes.NextSorted(3);
    EXPECT_EQ(told, (std::vector<std::string>{"deleted", "elsewhere", "stopped"}));
    EXPECT_EQ(peer.ReceiveAll().size(), 100u);
}

TEST_P(CloseTest, AClientHeldBeyondItsCoreIsFoundStopped) {
    Serve(Listen);
    Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");
    const auto client = OnlyClient();
    core->Stop();
    EXPECT_EQ(notes.Next(), "stopped");

    Serve(Echo);
    core->Spawn(TryEverything(client, *this));

    EXPECT_EQ(notes.NextSorted(4), Times(4, "stopped"));
    EXPECT_EQ(client->Remote(), peer.Local());
}

}  // namespace iocp_test
