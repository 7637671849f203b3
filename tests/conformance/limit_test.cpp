// SPDX-License-Identifier: MIT
#include "conformance.h"

namespace iocp_test {

using LimitTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, LimitTest, EveryEngine(), NameOfEngine);

namespace {

void IsServed(Peer& peer) {
    peer.Send("x");
    EXPECT_EQ(peer.Receive(1), "x");
}

// Takes buffers until there are none, and gives them back.
Task<> Hoard(IOCP_Client& client, Conformance& test) {
    std::vector<iocp::Received> hoard;
    for (;;) {
        auto message = co_await client.Recv();
        if (!message) {
            test.notes.Write(message);
            break;
        }
        hoard.push_back(std::move(message));
        co_await client.Send(".");
    }
    test.notes.Write(std::to_string(hoard.size()));
    hoard.clear();
    const auto message = co_await client.Recv();
    test.notes.Write(std::string(message.Text()));
}

}  // namespace

TEST_P(LimitTest, ClientsAboveTheLimitWaitForOthersToLeave) {
    auto listener = Tcp(Echo);
    listener.limits.clients = 2;
    Serve(listener);
    Peer first(Where());
    IsServed(first);
    Peer second(Where());
    IsServed(second);

    Peer third(Where());
    third.Send("3");
    Peer fourth(Where());
    fourth.Send("4");
    for (int i = 0; i < 10; ++i) IsServed(first);
    EXPECT_EQ(core->ClientCount(), 2u);

    first.Close();
    EXPECT_EQ(third.Receive(1), "3");
    IsServed(second);
    second.Close();
    EXPECT_EQ(fourth.Receive(1), "4");
}

TEST_P(LimitTest, TheCounterTellsWhenAListenerIsFullAndNotBefore) {
    auto listener = Tcp(Echo);
    listener.limits.clients = 2;
    Serve(listener);
    Peer first(Where());
    IsServed(first);
    EXPECT_EQ(core->Counters().listeners_full, 0u);

    Peer second(Where());
    IsServed(second);
    IsServed(second);

    EXPECT_EQ(core->Counters().listeners_full, 1u);
}

TEST_P(LimitTest, APlaceIsGivenToOneAfterTheOther) {
    auto listener = Tcp(Echo);
    listener.limits.clients = 1;
    Serve(listener);
    std::vector<Peer> peers;
    for (int i = 0; i < 30; ++i) {
        peers.emplace_back(Where());
        peers.back().Send("x");
    }

    for (Peer& peer : peers) {
        EXPECT_EQ(peer.Receive(1), "x");
        peer.Close();
    }

    EXPECT_EQ(core->Counters().clients_accepted, 30u);
}

TEST_P(LimitTest, ARefusedClientTakesNoPlace) {
    class RefuseAll final : public IOCP_Protocol {
        std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival&) override { return nullptr; }
        Task<> ProcedureClient(IOCP_Client&) override { co_return; }
    };
    iocp::Listener listener(0, 1, std::make_shared<RefuseAll>(), Transport::Tcp, "127.0.0.1");
    listener.limits.clients = 1;
    Serve(listener);

    for (int i = 0; i < 10; ++i) {
        Peer peer(Where());
        EXPECT_NE(peer.AwaitEnd(), StreamEnd::Open);
    }

    EXPECT_EQ(core->Counters().clients_refused, 10u);
}

TEST_P(LimitTest, StopWhileFullEnds) {
    auto listener = Tcp(Listen);
    listener.limits.clients = 1;
    Serve(listener);
    Peer first(Where());
    first.Send("x");
    EXPECT_EQ(notes.Next(), "ok");
    Peer second(Where());

    core->Stop();

    EXPECT_EQ(notes.Rest(), Times(1, "stopped"));
    EXPECT_NE(second.AwaitEnd(), StreamEnd::Open);
}

TEST_P(LimitTest, ARecvWithoutABufferIsFullAndLosesNothing) {
    options.max_receive_buffers = 4;
    options.provided_buffers = 4;
    Serve(Hoard);
    Peer peer(Where());

    int taken = 0;
    do peer.Send("x");
    while (++taken < 20 && peer.Receive(1) == "." && core->Counters().receive_buffers_out == 0);

    EXPECT_EQ(notes.Next(), "full");
    const int most = std::stoi(notes.Next());
    EXPECT_GE(most, 4);
    EXPECT_LE(most, 8);
    EXPECT_EQ(notes.Next(), "x");
    EXPECT_GE(core->Counters().receive_buffers_out, 1u);
}

TEST_P(LimitTest, ClientsThatWaitHoldNoBuffer) {
    options.max_receive_buffers = 2;
    options.provided_buffers = 2;
    Serve(Echo);
    std::vector<Peer> peers;
    for (int i = 0; i < 20; ++i) {
        peers.emplace_back(Where());
        IsServed(peers.back());
    }

    for (Peer& peer : peers) IsServed(peer);

    EXPECT_EQ(core->Counters().receive_buffers_out, 0u);
}

TEST_P(LimitTest, ABufferBringsAsMuchAsItWasMadeFor) {
    options.receive_buffer = 100;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        std::size_t most = 0;
        std::size_t all = 0;
        while (const auto message = co_await client.Recv()) {
            most = std::max(most, message.size());
            all += message.size();
        }
        test.notes.Write(std::to_string(most) + " of " + std::to_string(all));
    });
    Peer peer(Where());

    peer.Send(std::string(5'000, 'x'));
    peer.FinishSending();

    EXPECT_EQ(notes.Next(), "100 of 5000");
}

}  // namespace iocp_test
