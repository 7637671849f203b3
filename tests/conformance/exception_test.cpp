// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <atomic>
#include <stdexcept>

namespace iocp_test {

using ExceptionTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, ExceptionTest, EveryEngine(), NameOfEngine);

namespace {

enum class In { Accept, Procedure, HandlerBeforeItsFirstAwait, HandlerLater, Delete };

// Throws for its first client, and serves the others.
class ThrowOnce final : public IOCP_Protocol {
public:
    ThrowOnce(In where, Conformance& test) : where_(where), test_(test) {}

    std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival& arrival) override {
        ThrowIf(In::Accept);
        return IOCP_Protocol::AcceptClient(arrival);
    }
    Task<> ProcedureClient(IOCP_Client& client) override {
        test_.notes.Write(std::to_string(client.Id()));
        ThrowIf(In::Procedure);
        return Handle(client);
    }
    void DeleteClient(IOCP_Client&) override { ThrowIf(In::Delete); }

private:
    Task<> Handle(IOCP_Client& client) {
        ThrowIf(In::HandlerBeforeItsFirstAwait);
        const auto message = co_await client.Recv();
        co_await client.Send(message);
        ThrowIf(In::HandlerLater);
    }

    void ThrowIf(In here) {
        if (here == where_ && !thrown_.exchange(true)) throw std::runtime_error("thrown");
    }

    In where_;
    Conformance& test_;
    std::atomic<bool> thrown_ = false;
};

Task<> Throw() {
    throw std::runtime_error("a task failed");
    co_return;
}

Task<> ThrowAfterAnAwait(IOCP_Client& client) {
    co_await client.Send("going");
    throw std::runtime_error("a child failed");
}

// One client for which it throws, and another that is served.
void TheErrorIsToldOnceAndTheServerLives(Conformance& test, In where, bool of_a_client) {
    test.Serve(std::make_shared<ThrowOnce>(where, test));
    {
        Peer unlucky(test.Where());
        unlucky.Send("x");
        EXPECT_NE(unlucky.AwaitEnd(), StreamEnd::Open);
    }
    EXPECT_EQ(test.errors.Next(), (of_a_client ? test.notes.Next() : "0") + ": thrown");

    Peer lucky(test.Where());
    lucky.Send("x");
    EXPECT_EQ(lucky.ReceiveAll(), "x");

    test.core->Stop();
    EXPECT_EQ(test.core->Counters().handler_errors, 1u);
}

}  // namespace

TEST_P(ExceptionTest, FromAcceptClientRefusesTheClient) {
    TheErrorIsToldOnceAndTheServerLives(*this, In::Accept, false);
}

TEST_P(ExceptionTest, FromProcedureClientItselfEndsTheClient) {
    TheErrorIsToldOnceAndTheServerLives(*this, In::Procedure, true);
}

TEST_P(ExceptionTest, FromAHandlerBeforeItsFirstAwaitEndsTheClient) {
    TheErrorIsToldOnceAndTheServerLives(*this, In::HandlerBeforeItsFirstAwait, true);
}

TEST_P(ExceptionTest, FromAHandlerLaterEndsTheClient) {
    TheErrorIsToldOnceAndTheServerLives(*this, In::HandlerLater, true);
}

TEST_P(ExceptionTest, FromDeleteClientIsToldOnce) { TheErrorIsToldOnceAndTheServerLives(*this, In::Delete, true); }

TEST_P(ExceptionTest, FromTheHandlerOfAUdpPeerEndsThatPeerOnly) {
    Serve(Udp([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto order = co_await client.Recv();
        test.notes.Write(std::to_string(client.Id()));
        if (order.Text() == "throw") throw std::runtime_error("thrown");
        co_await client.Send(order);
        co_await Echo(client, test);
    }));
    const UdpPeer lucky(Where());
    lucky.Send("x");
    EXPECT_EQ(lucky.Receive(), "x");
    static_cast<void>(notes.Next());

    const UdpPeer unlucky(Where());
    unlucky.Send("throw");

    EXPECT_EQ(errors.Next(), notes.Next() + ": thrown");
    lucky.Send("y");
    EXPECT_EQ(lucky.Receive(), "y");
    EXPECT_EQ(core->ClientCount(), 1u);
}

TEST_P(ExceptionTest, OfAChildReachesTheHandlerThatAwaitsIt) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        try {
            co_await ThrowAfterAnAwait(client);
        } catch (const std::runtime_error& error) {
            test.notes.Write(error.what());
        }
        co_await client.Send(" on");
    });
    Peer peer(Where());

    EXPECT_EQ(peer.ReceiveAll(), "going on");
    EXPECT_EQ(notes.Next(), "a child failed");
}

TEST_P(ExceptionTest, OfATaskIsToldWithoutAClient) {
    Serve(Echo);

    core->Spawn(Throw());

    EXPECT_EQ(errors.Next(), "0: a task failed");
}

TEST_P(ExceptionTest, OfAnyTypeIsTold) {
    Serve([](IOCP_Client&, Conformance&) -> Task<> {
        throw 42;
        co_return;
    });
    Peer peer(Where());

    EXPECT_EQ(peer.AwaitEnd(), StreamEnd::Closed);
    EXPECT_NE(errors.Next().find("not a std::exception"), std::string::npos);
}

TEST_P(ExceptionTest, FromABackgroundTickIsToldAndTheNextTickComes) {
    options.tick = 1ms;
    int ticks = 0;
    hooks.on_tick = [&] {
        if (++ticks == 1) throw std::runtime_error("a tick failed");
        if (ticks == 2) notes.Write("next tick");
    };
    Serve(Echo);

    EXPECT_EQ(errors.Next(), "0: a tick failed");
    EXPECT_EQ(notes.Next(), "next tick");
    core->Stop();  // before what the hook uses is gone
}

TEST_P(ExceptionTest, FromOnStopIsTold) {
    hooks.on_stop = [] { throw std::runtime_error("no end"); };
    Serve(Echo);

    core->Stop();

    EXPECT_EQ(errors.Next(), "0: no end");
}

TEST_P(ExceptionTest, FromOnStartLeavesStartAndTheCoreDoesNotRun) {
    hooks.on_start = [] { throw std::runtime_error("not today"); };
    Make(Echo);

    EXPECT_THROW(core->Start(1), std::runtime_error);

    EXPECT_FALSE(core->IsRunning());
    hooks.on_start = {};
    Start();
    Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(peer.Receive(1), "x");
}

}  // namespace iocp_test
