// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <array>
#include <set>

namespace iocp_test {

using WorkerTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, WorkerTest, EveryEngine(), NameOfEngine);

namespace {

Task<std::thread::id> WhereAChildRuns(IOCP_Client& client) {
    co_await client.Send("4");
    co_return std::this_thread::get_id();
}

Task<std::thread::id> WhereAConnectionAnswers(iocp::Endpoint remote) {
    auto other = co_await iocp::Connect(remote);
    if (!other) co_return std::thread::id();
    co_await other->Send("hello");
    co_await other->Recv();
    co_return std::this_thread::get_id();
}

Task<> NoteTheThreadsOf(IOCP_Client& client, Conformance& test) {
    std::set<std::thread::id> threads{std::this_thread::get_id()};
    const auto here = [&] { threads.insert(std::this_thread::get_id()); };
    co_await client.Send("1");
    here();
    co_await client.Recv();
    here();
    co_await client.Send("2");
    here();
    std::array<std::byte, 10> memory;
    co_await client.Recv(memory);
    here();
    co_await client.Send("3");
    co_await client.Recv().Within(20ms);
    here();
    threads.insert(co_await WhereAChildRuns(client));
    here();
    threads.insert(co_await WhereAConnectionAnswers(test.Where(1)));
    here();
    client.Close();
    co_await client.Recv();
    here();
    test.notes.Write(threads.size() == 1 ? "at home" : "astray");
    test.notes.Write(*threads.begin());
}

Task<> NoteThread(Conformance& test) {
    test.notes.Write(std::this_thread::get_id());
    co_return;
}

}  // namespace

// Whatever else it waits for reaches it while it looks for more of what came.
TEST_P(WorkerTest, OneThatSpinsServesTimersAndOtherThreadsToo) {
    options.spin = 1h;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto first = co_await client.Recv();
        co_await client.Send(first);
        const auto slept = co_await iocp::Sleep(1ms);
        test.notes.Write(slept ? "slept" : "cut short");
        co_await Echo(client, test);
    });
    Peer peer(Where());
    peer.Send("1");
    EXPECT_EQ(peer.Receive(1), "1");
    EXPECT_EQ(notes.Next(), "slept");
    core->ForEachClient([](IOCP_Client& client) { client.Post("posted"); });
    EXPECT_EQ(peer.Receive(6), "posted");
    peer.Send("2");
    EXPECT_EQ(peer.Receive(1), "2");
    Peer another(Where());
    another.Send("3");
    EXPECT_EQ(another.Receive(1), "3");
    core->Stop(1s);
    EXPECT_EQ(peer.ReceiveAll(), "");
}

TEST_P(WorkerTest, EveryCoroutineOfAClientResumesOnItsHomeWorker) {
    workers = 4;
    Serve({Tcp(NoteTheThreadsOf), Tcp(Echo)});
    std::vector<Peer> peers;
    for (int i = 0; i < 12; ++i) peers.emplace_back(Where());

    for (Peer& peer : peers) {
        EXPECT_EQ(peer.Receive(1), "1");
        peer.Send("x");
    }
    for (Peer& peer : peers) {
        EXPECT_EQ(peer.Receive(1), "2");
        peer.Send("x");
    }
    for (Peer& peer : peers) EXPECT_EQ(peer.ReceiveAll(), "34");

    const auto told = notes.NextSorted(24);
    EXPECT_EQ(std::vector(told.begin(), told.begin() + 12), Times(12, "at home"));
    EXPECT_EQ(std::set(told.begin() + 12, told.end()).size(), 4u);
}

TEST_P(WorkerTest, AsManyWorkersRunAsWereAskedFor) {
    workers = 3;
    Serve(Echo);

    EXPECT_EQ(core->ClientsPerWorker(), (std::vector<std::size_t>{0, 0, 0}));
}

TEST_P(WorkerTest, WithoutANumberThereIsAWorkerForEachProcessor) {
    workers = 0;
    Serve(Echo);

    EXPECT_EQ(core->ClientsPerWorker().size(), std::max(1u, std::thread::hardware_concurrency()));
}

TEST_P(WorkerTest, TasksRunOnAWorker) {
    Serve(Echo);

    core->Spawn(NoteThread(*this));
    core->Spawn(NoteThread(*this));

    const std::string worker = notes.Next();
    EXPECT_EQ(notes.Next(), worker);
    notes.Write(std::this_thread::get_id());
    EXPECT_NE(notes.Next(), worker);
}

TEST_P(WorkerTest, AHandlerThatNeverWaitsLeavesTimeForOthers) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto order = co_await client.Recv();
        if (order.Text() == "echo") co_await client.Send(order);
        // Sends that end at once, without an end of their own.
        while (order.Text() == "flood" && co_await client.Send("")) {
        }
        test.notes.Write("ended");
    });
    Peer greedy(Where());
    greedy.Send("flood");
    Settle();

    Peer modest(Where());
    modest.Send("echo");

    EXPECT_EQ(modest.ReceiveAll(), "echo");
    core->Stop(0ms);
}

}  // namespace iocp_test
