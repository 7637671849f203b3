// SPDX-License-Identifier: MIT
// Posting to clients, and rooms.
#include "conformance.h"

#include <array>
#include <thread>

namespace iocp_test {

using PostTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, PostTest, EveryEngine(), NameOfEngine);

namespace {

Task<> Hold(IOCP_Client& client, Conformance& test) {
    test.notes.Write("here");
    test.notes.Write(co_await client.Recv());
}

// Messages of 20 bytes each.
std::string Numbered(int from, int to) {
    std::string all;
    for (int i = from; i < to; ++i) all += std::to_string(i) + std::string(18, '.');
    return all;
}

// Nothing is taken out meanwhile, because the only worker waits for the thread.
Task<> PostFromAThread(std::shared_ptr<IOCP_Client> to, Conformance& test) {
    int full = 0;
    std::thread([&to, &full] {
        for (int i = 10; i < 30; ++i) full += to->Post(Numbered(i, i + 1)) ? 0 : 1;
    }).join();
    test.notes.Write("posted, full " + std::to_string(full));
    co_return;
}

void PostTwentyTimesTwenty(Conformance& test) { test.core->Spawn(PostFromAThread(test.OnlyClient(), test)); }

class RoomProtocol final : public IOCP_Protocol {
public:
    RoomProtocol(iocp::Room& room, Conformance& test) : room_(room), test_(test) {}

private:
    Task<> ProcedureClient(IOCP_Client& client) override {
        const auto seat = room_.Join(client);
        test_.notes.Write("joined");
        while (auto message = co_await client.Recv()) room_.PostToOthers(client, message.Text());
    }
    void DeleteClient(IOCP_Client&) override { test_.notes.Write("left"); }

    iocp::Room& room_;
    Conformance& test_;
};

}  // namespace

TEST_P(PostTest, AnyThreadPostsById) {
    Serve(Hold);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "here");
    const std::uint64_t id = OnlyClient()->Id();

    EXPECT_TRUE(core->Post(id, "hello"));
    EXPECT_EQ(peer.Receive(5), "hello");
    peer.FinishSending();
    EXPECT_EQ(notes.Next(), "closed");
    EXPECT_EQ(peer.ReceiveAll(), "");
    while (core->ClientCount() > 0) std::this_thread::yield();
    EXPECT_EQ(core->Post(id, "hello").Why(), Outcome::Closed);
}

TEST_P(PostTest, PostsOfSeveralThreadsArriveWholeAndEachInItsOrder) {
    Serve(Hold);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "here");
    const auto client = OnlyClient();
    std::vector<std::thread> threads;
    for (char name = 'a'; name < 'e'; ++name)
        threads.emplace_back([&client, name] {
            for (int i = 100; i < 600; ++i)
                if (!client->Post(std::string(1, name) + std::to_string(i))) std::abort();
        });
    const std::string all = peer.Receive(4 * 500 * 4);
    for (std::thread& thread : threads) thread.join();

    std::array<int, 4> next{100, 100, 100, 100};
    for (std::size_t at = 0; at < all.size(); at += 4) {
        int& expected = next.at(static_cast<std::size_t>(all[at] - 'a'));
        ASSERT_EQ(all.substr(at + 1, 3), std::to_string(expected));
        ++expected;
    }
}

TEST_P(PostTest, AHandlersPostsAreSentAfterItHasReturned) {
    options.linger = 1min;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const std::string bytes = Noise(1 << 19);
        test.notes.Write(client.Post(bytes));
        test.notes.Write(client.Post(bytes));
        co_return;
    });
    Peer peer(Where());

    EXPECT_TRUE(peer.ReceiveAll() == Noise(1 << 19) + Noise(1 << 19));
    EXPECT_EQ(notes.NextSorted(2), Times(2, "ok"));
}

TEST_P(PostTest, WhatAnotherThreadPostedIsSentAlthoughTheHandlerReturnsAtOnce) {
    Serve([](IOCP_Client& client, Conformance&) -> Task<> {
        std::thread([&client] { EXPECT_TRUE(client.Post("posted")); }).join();
        co_return;
    });
    Peer peer(Where());

    EXPECT_EQ(peer.ReceiveAll(), "posted");
}

TEST_P(PostTest, PostsAndSendsBothArriveWhole) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (int i = 0; i < 200; ++i) {
            if (!client.Post("[posted]")) break;
            if (!co_await client.Send("[sent]")) break;
        }
        test.notes.Write("done");
    });
    Peer peer(Where());
    std::string all = peer.ReceiveAll();

    EXPECT_EQ(all.size(), 200 * (8 + 6));
    std::size_t posted = 0;
    for (std::size_t at = 0; (at = all.find("[posted]", at)) != std::string::npos; ++at) ++posted;
    EXPECT_EQ(posted, 200u);
}

TEST_P(PostTest, AFullQueueDropsTheNewest) {
    auto listener = Tcp(Hold);
    listener.max_posted_bytes = 100;
    Serve(listener);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "here");
    PostTwentyTimesTwenty(*this);

    EXPECT_EQ(notes.Next(), "posted, full 15");
    EXPECT_EQ(peer.Receive(100), Numbered(10, 15));
    EXPECT_EQ(core->Counters().posts_dropped, 15u);
}

TEST_P(PostTest, AFullQueueDropsTheOldest) {
    auto listener = Tcp(Hold);
    listener.max_posted_bytes = 100;
    listener.on_full = iocp::OnFull::DropOldest;
    Serve(listener);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "here");
    PostTwentyTimesTwenty(*this);

    EXPECT_EQ(notes.Next(), "posted, full 0");
    EXPECT_EQ(peer.Receive(100), Numbered(25, 30));
    EXPECT_EQ(core->Counters().posts_dropped, 15u);
}

TEST_P(PostTest, AFullQueueDisconnects) {
    auto listener = Tcp(Hold);
    listener.max_posted_bytes = 1'000;
    listener.on_full = iocp::OnFull::Disconnect;
    Serve(listener);
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "here");

    EXPECT_EQ(OnlyClient()->Post(std::string(1'001, 'x')).Why(), Outcome::Full);
    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_EQ(core->Counters().slow_clients_closed, 1u);
}

TEST_P(PostTest, NothingComesBehindThePostThatDisconnects) {
    auto listener = Tcp([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write(client.Post("before"));
        test.notes.Write(client.Post(std::string(1'001, 'x')));
        test.notes.Write(client.Post("behind"));
        co_await client.Recv();
    });
    listener.max_posted_bytes = 1'000;
    listener.on_full = iocp::OnFull::Disconnect;
    Serve(listener);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(notes.Next(), "full");
    EXPECT_EQ(notes.Next(), "closed");
    EXPECT_EQ(peer.ReceiveAll(), "before");
}

TEST_P(PostTest, EachPostIsADatagram) {
    Serve(Udp([](IOCP_Client& client, Conformance& test) -> Task<> {
        while (auto message = co_await client.Recv())
            for (const char* answer : {"one", "two", "three"}) test.notes.Write(client.Post(answer));
    }));
    UdpPeer peer(Where());
    peer.Send("hello");

    EXPECT_EQ(peer.Receive(), "one");
    EXPECT_EQ(peer.Receive(), "two");
    EXPECT_EQ(peer.Receive(), "three");
    EXPECT_EQ(notes.NextSorted(3), Times(3, "ok"));
}

TEST_P(PostTest, ARoomReachesThoseInIt) {
    workers = 3;
    iocp::Room room;
    Serve(std::make_shared<RoomProtocol>(room, *this));
    std::vector<Peer> peers;
    for (int i = 0; i < 9; ++i) peers.emplace_back(Where());
    EXPECT_EQ(notes.NextSorted(9), Times(9, "joined"));
    EXPECT_EQ(room.Size(), 9u);

    peers[0].Send("hello");
    for (std::size_t i = 1; i < peers.size(); ++i) EXPECT_EQ(peers[i].Receive(5), "hello");
    peers[0].FinishSending();
    EXPECT_EQ(notes.Next(), "left");
    EXPECT_EQ(room.Post("bye"), 8u);
    for (std::size_t i = 1; i < peers.size(); ++i) EXPECT_EQ(peers[i].Receive(3), "bye");
    EXPECT_EQ(peers[0].ReceiveAll(), "");
    core->Stop();
    EXPECT_EQ(room.Size(), 0u);
    EXPECT_EQ(notes.NextSorted(8), Times(8, "left"));
}

}  // namespace iocp_test
