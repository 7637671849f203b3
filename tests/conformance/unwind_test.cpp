// SPDX-License-Identifier: MIT
// Handlers that wait for what never comes: a stop destroys them where they wait.
#include "conformance.h"

#include <coroutine>

namespace iocp_test {

namespace {

Task<> WaitForEver(IOCP_Client& client, Conformance& test) {
    const NoteEnd end{test.notes};
    co_await client.Recv();
    test.notes.Write("waiting");
    co_await std::suspend_always{};
}

}  // namespace

using UnwindTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, UnwindTest, EveryEngine(), NameOfEngine);

TEST_P(UnwindTest, DestroysTheHandlerOfATcpClient) {
    Serve(WaitForEver);
    const Peer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "waiting");

    core->Stop(0ms);

    EXPECT_EQ(notes.Next(), "destroyed");
    EXPECT_EQ(core->Counters().handlers_unwound, 1u);
}

TEST_P(UnwindTest, DestroysTheHandlerOfAUdpPeer) {
    Serve(Udp(WaitForEver));
    const UdpPeer peer(Where());
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "waiting");

    core->Stop(0ms);

    EXPECT_EQ(notes.Next(), "destroyed");
    EXPECT_EQ(core->Counters().handlers_unwound, 1u);
}

TEST_P(UnwindTest, DestroysTheHandlersOfUdpPeersOnOtherWorkers) {
    workers = 3;
    Serve(Udp(WaitForEver));
    std::vector<UdpPeer> peers;
    for (int i = 0; i < 12; ++i) {
        peers.emplace_back(Where());
        peers.back().Send("x");
    }
    for (std::size_t i = 0; i < peers.size(); ++i) EXPECT_EQ(notes.Next(), "waiting");

    core->Stop(0ms);

    for (std::size_t i = 0; i < peers.size(); ++i) EXPECT_EQ(notes.Next(), "destroyed");
    EXPECT_EQ(core->Counters().handlers_unwound, peers.size());
}

}  // namespace iocp_test
