// SPDX-License-Identifier: MIT
#include "conformance.h"

namespace iocp_test {

using SendTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, SendTest, EveryEngine(), NameOfEngine);

namespace {

constexpr std::size_t kMoreThanBuffersHold = std::size_t{24} << 20;

Task<> SendAndNote(std::shared_ptr<IOCP_Client> client, std::string message, Conformance& test) {
    test.notes.Write(co_await client->Send(message));
}

Task<> SendLetters(std::shared_ptr<IOCP_Client> client, char letter, Conformance& test) {
    const std::string message(100'000, letter);
    for (int i = 0; i < 40; ++i)
        if (!co_await client->Send(message)) test.notes.Write("failed");
    test.notes.Write("sent");
}

// Begins to send more than the peer takes, and keeps the client until the peer ends its side.
Task<> Flood(IOCP_Client& client, Conformance& test) {
    const std::string bytes(kMoreThanBuffersHold, 'x');
    test.notes.Write("sending");
    test.notes.Write(co_await client.Send(bytes));
    co_await client.Recv();
}

}  // namespace

TEST_P(SendTest, AMessageLargerThanAllBuffersArrivesWhole) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const std::string bytes = Noise(kMoreThanBuffersHold);
        test.notes.Write("sending");
        const auto sent = co_await client.Send(bytes);
        test.notes.Write(sent);
        test.notes.Write(std::to_string(sent.size()));
    });
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    EXPECT_TRUE(peer.ReceiveAll() == Noise(kMoreThanBuffersHold));
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(notes.Next(), std::to_string(kMoreThanBuffersHold));
}

TEST_P(SendTest, ManyMessagesLeaveInCallOrder) {
    Serve([](IOCP_Client& client, Conformance&) -> Task<> {
        for (int i = 0; i < 2'000; ++i) {
            const std::string line = std::to_string(i) + "\n";
            co_await client.Send(line);
        }
    });
    Peer peer(Where());
    std::string expected;
    for (int i = 0; i < 2'000; ++i) expected += std::to_string(i) + "\n";

    EXPECT_TRUE(peer.ReceiveAll() == expected);
}

TEST_P(SendTest, MessagesOfSeveralCoroutinesLeaveWhole) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.core->Spawn(SendLetters(client.shared_from_this(), 'b', test));
        test.core->Spawn(SendLetters(client.shared_from_this(), 'c', test));
        co_await SendLetters(client.shared_from_this(), 'a', test);
        co_await client.Recv();
    });
    Peer peer(Where());
    Settle();

    for (int i = 0; i < 120; ++i) {
        const std::string message = peer.Receive(100'000);
        ASSERT_EQ(message, std::string(100'000, message.at(0)));
    }
    EXPECT_EQ(notes.NextSorted(3), Times(3, "sent"));
}

TEST_P(SendTest, MessagesThatWaitForTheirTurnLeaveInCallOrder) {
    Serve(Flood);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");

    for (char digit = '0'; digit <= '9'; ++digit) core->Spawn(SendAndNote(OnlyClient(), std::string(1, digit), *this));
    Settle();

    EXPECT_EQ(peer.Receive(kMoreThanBuffersHold).size(), kMoreThanBuffersHold);
    EXPECT_EQ(peer.Receive(10), "0123456789");
    EXPECT_EQ(notes.NextSorted(11), Times(11, "ok"));
}

TEST_P(SendTest, MessagesThatWaitForTheirTurnAreResetWithTheConnection) {
    Serve(Flood);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");

    for (int i = 0; i < 3; ++i) core->Spawn(SendAndNote(OnlyClient(), "never", *this));
    Settle();
    peer.Reset();

    EXPECT_EQ(notes.NextSorted(4), Times(4, "reset"));
}

TEST_P(SendTest, AnEmptyMessageIsSentAtOnce) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await client.Send("be");
        const auto sent = co_await client.Send("");
        test.notes.Write(sent);
        test.notes.Write(std::to_string(sent.size()));
        co_await client.Send("fore");
    });
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(notes.Next(), "0");
    EXPECT_EQ(peer.ReceiveAll(), "before");
}

TEST_P(SendTest, SendingAndReceivingGoOnAtTheSameTime) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.core->Spawn(SendAndNote(client.shared_from_this(), Noise(kMoreThanBuffersHold), test));
        co_await Listen(client, test);
    });
    Peer peer(Where());
    Settle();

    peer.Send("while you wait");
    EXPECT_EQ(notes.Next(), "ok");

    EXPECT_TRUE(peer.Receive(kMoreThanBuffersHold) == Noise(kMoreThanBuffersHold));
    EXPECT_EQ(notes.Next(), "ok");
    peer.FinishSending();
    EXPECT_EQ(notes.Next(), "closed");
}

}  // namespace iocp_test
