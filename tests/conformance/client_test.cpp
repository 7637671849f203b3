// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <algorithm>
#include <future>
#include <set>

namespace iocp_test {

using ClientTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, ClientTest, EveryEngine(), NameOfEngine);

namespace {

Task<> NoteIdAndEcho(IOCP_Client& client, Conformance& test) {
    test.notes.Write(std::to_string(client.Id()));
    co_await Echo(client, test);
}

}  // namespace

TEST_P(ClientTest, IdsAreNeverUsedAgain) {
    std::set<std::string> ids;
    for (int run = 0; run < 3; ++run) {
        Serve(NoteIdAndEcho);
        for (int i = 0; i < 10; ++i) {
            const Peer peer(Where());
            ids.insert(notes.Next());
        }
        core->Stop();
    }

    EXPECT_EQ(ids.size(), 30u);
    EXPECT_FALSE(ids.contains("0"));
}

TEST_P(ClientTest, TheTableKnowsEachClientWhileItsHandlerRuns) {
    workers = 2;
    Serve(NoteIdAndEcho);
    std::vector<Peer> peers;
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) {
        peers.emplace_back(Where());
        ids.push_back(notes.Next());
    }

    EXPECT_EQ(core->ClientCount(), 5u);
    std::vector<std::string> visited;
    core->ForEachClient([&](IOCP_Client& client) { visited.push_back(std::to_string(client.Id())); });
    std::sort(visited.begin(), visited.end());
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(visited, ids);
    for (const auto& id : ids) {
        const auto client = core->FindClient(std::stoull(id));
        ASSERT_NE(client, nullptr);
        EXPECT_EQ(std::to_string(client->Id()), id);
    }
    EXPECT_EQ(core->FindClient(0), nullptr);

    core->Stop();

    EXPECT_EQ(core->ClientCount(), 0u);
    for (const auto& id : ids) EXPECT_EQ(core->FindClient(std::stoull(id)), nullptr);
}

TEST_P(ClientTest, KnowsBothEndsOfItsConnection) {
    auto listener = Tcp([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write(client.Remote().ToString());
        test.notes.Write(client.Local().ToString());
        test.notes.Write(std::to_string(client.ProtocolId()) + " " + std::string(ToString(client.Transport())));
        co_return;
    });
    listener.protocol_id = 77;
    Serve(listener);
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), peer.Local().ToString());
    EXPECT_EQ(notes.Next(), Where().ToString());
    EXPECT_EQ(notes.Next(), "77 tcp");
}

TEST_P(ClientTest, TheTableMayBeReadWhileClientsComeAndGo) {
    workers = 2;
    Serve(Echo);
    std::promise<void> enough;
    const auto reading = std::async(std::launch::async, [&, done = enough.get_future()] {
        while (done.wait_for(0s) != std::future_status::ready) {
            core->ForEachClient([](IOCP_Client& client) { client.Close(); });
            static_cast<void>(core->FindClient(core->ClientCount()));
            static_cast<void>(core->ClientsPerWorker());
            static_cast<void>(core->Counters());
            static_cast<void>(core->OperationsInUse());
        }
    });

    for (int i = 0; i < 100; ++i) {
        Peer peer(Where());
        EXPECT_NE(peer.AwaitEnd(), StreamEnd::Open);
    }
    enough.set_value();
    reading.wait();

    EXPECT_EQ(core->Counters().clients_accepted, 100u);
}

TEST_P(ClientTest, ClientsSpreadEvenlyOverTheWorkers) {
    workers = 4;
    Serve(NoteIdAndEcho);
    std::vector<Peer> peers;
    for (int i = 0; i < 20; ++i) {
        peers.emplace_back(Where());
        static_cast<void>(notes.Next());
    }

    EXPECT_EQ(core->ClientsPerWorker(), (std::vector<std::size_t>{5, 5, 5, 5}));
}

TEST_P(ClientTest, UdpPeersSpreadEvenlyOverTheWorkers) {
    workers = 4;
    Serve(Udp(NoteIdAndEcho));
    std::vector<UdpPeer> peers;
    for (int i = 0; i < 20; ++i) {
        peers.emplace_back(Where());
        peers.back().Send("x");
        static_cast<void>(notes.Next());
    }

    EXPECT_EQ(core->ClientsPerWorker(), (std::vector<std::size_t>{5, 5, 5, 5}));
}

TEST_P(ClientTest, NewClientsGoWhereOthersHaveLeft) {
    workers = 4;
    Serve(NoteIdAndEcho);
    std::vector<Peer> peers;
    for (int i = 0; i < 16; ++i) {
        peers.emplace_back(Where());
        static_cast<void>(notes.Next());
    }

    // Half of them leave; their workers may hear of it late, but each new client goes to the one that has fewest.
    peers.erase(peers.begin(), peers.begin() + 8);
    for (int i = 0; i < 40; ++i) {
        peers.emplace_back(Where());
        static_cast<void>(notes.Next());
    }

    const auto spread = core->ClientsPerWorker();
    EXPECT_LT(*std::max_element(spread.begin(), spread.end()) - *std::min_element(spread.begin(), spread.end()), 2u);
}

}  // namespace iocp_test
