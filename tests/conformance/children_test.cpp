// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <stdexcept>

namespace iocp_test {

using ChildrenTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, ChildrenTest, EveryEngine(), NameOfEngine);

namespace {

constexpr std::size_t kMoreThanBuffersHold = std::size_t{24} << 20;

Task<> Heartbeat(IOCP_Client& client, Conformance& test) {
    iocp::Every beat(1ms);
    while (co_await beat.Next()) static_cast<void>(co_await client.Send("."));
    test.notes.Write("heartbeat ended");
}

}  // namespace

TEST_P(ChildrenTest, AChildRunsBesideTheHandler) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        client.Spawn(Heartbeat, std::ref(client), std::ref(test));
        const auto message = co_await client.Recv();
        test.notes.Write(std::string(message.Text()));
    });
    Peer peer(Where());

    EXPECT_EQ(peer.Receive(3), "...");
    peer.Send("bye");
    EXPECT_EQ(notes.Next(), "bye");
    EXPECT_EQ(notes.Next(), "heartbeat ended");
}

TEST_P(ChildrenTest, AFunctionWithCapturesIsKeptForTheChild) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const std::string text = "kept until the end of the child";
        client.Spawn([text, &client, &test]() -> Task<> {
            static_cast<void>(co_await client.Recv());
            test.notes.Write(text);
        });
        co_return;
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "kept until the end of the child");
}

TEST_P(ChildrenTest, WhatAChildIsSendingWhenTheHandlerEndsArrivesWhole) {
    options.linger = 1min;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        client.Spawn([&client, &test]() -> Task<> {
            const std::string bytes = Noise(kMoreThanBuffersHold);
            test.notes.Write(co_await client.Send(bytes));
        });
        co_return;
    });
    Peer peer(Where());

    EXPECT_TRUE(peer.Receive(kMoreThanBuffersHold) == Noise(kMoreThanBuffersHold));
    EXPECT_EQ(notes.Next(), "ok");
}

TEST_P(ChildrenTest, AChildThatComputesLearnsThatItsHandlerHasReturned) {
    options.linger = 1h;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        client.Spawn([&client, &test]() -> Task<> {
            const std::stop_token token = client.StopToken();
            while (!token.stop_requested()) co_await iocp::YieldNow();
            test.notes.Write("told");
        });
        co_return;
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "told");
}

TEST_P(ChildrenTest, AChildsExceptionClosesTheClient) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        client.Spawn([&client]() -> Task<> {
            static_cast<void>(co_await client.Send("x"));
            throw std::runtime_error("planned");
        });
        test.notes.Write(co_await client.Recv());
    });
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_TRUE(errors.Next().ends_with(": planned"));
    EXPECT_EQ(peer.ReceiveAll(), "x");
}

TEST_P(ChildrenTest, DeleteClientRunsAfterTheLastChild) {
    class Protocol final : public IOCP_Protocol {
    public:
        explicit Protocol(Conformance& test) : test_(test) {}

    private:
        Task<> ProcedureClient(IOCP_Client& client) override {
            for (int i = 0; i < 3; ++i) client.Spawn(Heartbeat, std::ref(client), std::ref(test_));
            static_cast<void>(co_await client.Recv());
        }
        void DeleteClient(IOCP_Client&) override { test_.notes.Write("deleted"); }

        Conformance& test_;
    };
    Serve(std::make_shared<Protocol>(*this));
    Peer peer(Where());
    peer.Send("bye");

    for (int i = 0; i < 3; ++i) EXPECT_EQ(notes.Next(), "heartbeat ended");
    EXPECT_EQ(notes.Next(), "deleted");
}

TEST_P(ChildrenTest, CloseEndsThem) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        client.Spawn(Heartbeat, std::ref(client), std::ref(test));
        client.Spawn([&client]() -> Task<> {
            static_cast<void>(co_await iocp::Sleep(5ms));
            client.Close();
        });
        test.notes.Write(co_await iocp::Sleep(1h));
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.NextSorted(2), (std::vector<std::string>{"heartbeat ended", "stopped"}));
}

TEST_P(ChildrenTest, AChildThatDoesNotTakeStoppedForAnAnswerIsDestroyed) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        client.Spawn([&client, &test]() -> Task<> {
            const NoteEnd end{test.notes};
            for (;;) static_cast<void>(co_await client.Recv());
        });
        co_return;
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "destroyed");
}

TEST_P(ChildrenTest, AStopUnwindsAChildThatIsStuck) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        client.Spawn([&test]() -> Task<> {
            const NoteEnd end{test.notes};
            co_await test.gate;
        });
        test.notes.Write(co_await client.Recv());
    });
    const Peer peer(Where());
    Settle();
    core->Stop(0ms);

    EXPECT_EQ(notes.NextSorted(2), (std::vector<std::string>{"destroyed", "stopped"}));
}

}  // namespace iocp_test
