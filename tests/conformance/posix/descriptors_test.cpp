// SPDX-License-Identifier: MIT
#include "conformance.h"
#include "worker.h"

#include <sys/resource.h>
#include <unistd.h>

namespace iocp_test {

using DescriptorsTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, DescriptorsTest, EveryEngine(), NameOfEngine);

namespace {

// Leaves room for `count` descriptors more.
void LeaveDescriptors(rlim_t count) {
    // The system gives the lowest number that is free.
    std::vector<int> probes;
    for (rlim_t i = 0; i < count; ++i) probes.push_back(dup(0));
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = static_cast<rlim_t>(probes.back()) + 1;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (const int probe : probes) close(probe);
}

// A sanitizer needs descriptors of its own when it meets a type for the first time. So the listener's are met before.
Task<> PauseAsListenersDo(Notes& notes) {
    iocp::detail::Sleep pause(*iocp::detail::Worker::Current(), 1ms);
    co_await pause;
    notes.Write("paused");
}

void LetSomeComeAndGo(const iocp::Endpoint& place) {
    std::vector<Peer> peers;
    for (int i = 0; i < 3; ++i) {
        peers.emplace_back(place);
        peers.back().Send("x");
        EXPECT_EQ(peers.back().Receive(1), "x");
    }
    for (Peer& peer : peers) {
        peer.FinishSending();
        EXPECT_EQ(peer.AwaitEnd(), StreamEnd::Closed);
    }
}

}  // namespace

TEST_P(DescriptorsTest, WhenThereAreNoneClientsWaitAndAreServedLater) {
    Notes pauses;
    options.raise_descriptor_limit = false;
    options.tick = 1ms;
    hooks.on_tick = [this] { notes.Write("tick"); };
    auto listener = Tcp(Echo);
    listener.limits.clients = 1'000;
    Serve(listener);
    LetSomeComeAndGo(Where());
    EXPECT_EQ(notes.Next(), "tick");  // so the background thread has met its types too
    core->Spawn(PauseAsListenersDo(pauses));
    EXPECT_EQ(pauses.Next(), "paused");
    std::vector<Socket> sockets;
    for (int i = 0; i < 6; ++i) sockets.emplace_back(iocp::Endpoint::Family::V4, Transport::Tcp);
    LeaveDescriptors(2);

    std::vector<Peer> peers;
    for (Socket& socket : sockets) {
        peers.emplace_back(std::move(socket), Where());
        peers.back().Send("x");
    }

    EXPECT_EQ(peers[0].Receive(1), "x");
    EXPECT_EQ(peers[1].Receive(1), "x");
    while (core->Counters().accept_retries == 0) {
        peers[0].Send("x");
        EXPECT_EQ(peers[0].Receive(1), "x");
    }
    EXPECT_EQ(core->ClientCount(), 2u);
    for (std::size_t i = 2; i < peers.size(); ++i) {
        peers[i - 2].Close();
        EXPECT_EQ(peers[i].Receive(1), "x");
    }
}

TEST_P(DescriptorsTest, ByDefaultAListenerTakesFewerClientsThanThereAreDescriptors) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 80;
    setrlimit(RLIMIT_NOFILE, &limit);
    options.raise_descriptor_limit = false;
    Serve(Echo);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    std::vector<Peer> peers;
    for (int i = 0; i < 60; ++i) {
        peers.emplace_back(Where());
        peers.back().Send("x");
        EXPECT_EQ(peers.back().Receive(1), "x");
    }

    Peer one_too_many(Where());
    one_too_many.Send("y");
    peers.front().Send("x");
    EXPECT_EQ(peers.front().Receive(1), "x");
    EXPECT_EQ(core->Counters().listeners_full, 1u);
    EXPECT_EQ(core->ClientCount(), 60u);

    peers.back().Close();
    EXPECT_EQ(one_too_many.Receive(1), "y");
}

}  // namespace iocp_test
