// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <future>

namespace iocp_test {

using EchoTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, EchoTest, EveryEngine(), NameOfEngine);

TEST_P(EchoTest, ComesBackByteForByte) {
    Serve(Echo);
    Peer peer(Where());

    peer.Send("hello");

    EXPECT_EQ(peer.Receive(5), "hello");
}

TEST_P(EchoTest, ManySmallMessagesComeBackInOrder) {
    Serve(Echo);
    Peer peer(Where());

    for (int i = 0; i < 500; ++i) {
        const std::string message = "message " + std::to_string(i);
        peer.Send(message);
        ASSERT_EQ(peer.Receive(message.size()), message);
    }
}

TEST_P(EchoTest, SeveralMebibytesComeBackWhole) {
    const std::string bytes = Noise(8 << 20);
    Serve(Echo);
    Peer peer(Where());

    const auto sending = std::async(std::launch::async, [&] {
        peer.Send(bytes);
        peer.FinishSending();
    });

    EXPECT_TRUE(peer.ReceiveAll() == bytes);
}

TEST_P(EchoTest, ManyClientsAreServedAtTheSameTime) {
    workers = 2;
    Serve(Echo);
    std::vector<Peer> peers;
    for (int i = 0; i < 50; ++i) peers.emplace_back(Where());

    for (std::size_t i = 0; i < peers.size(); ++i) peers[i].Send("I am " + std::to_string(100 + i));

    for (std::size_t i = 0; i < peers.size(); ++i) EXPECT_EQ(peers[i].Receive(8), "I am " + std::to_string(100 + i));
}

}  // namespace iocp_test
