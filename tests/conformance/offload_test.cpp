// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

namespace iocp_test {

using OffloadTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, OffloadTest, EveryEngine(), NameOfEngine);

namespace {

// Lets functions on other threads wait, and end.
struct Barrier {
    std::atomic<bool> open = false;
    std::atomic<int> inside = 0;

    void Wait() {
        ++inside;
        while (!open) std::this_thread::sleep_for(1ms);
    }
};

Barrier& TheBarrier() {
    static Barrier barrier;
    return barrier;
}

}  // namespace

TEST_P(OffloadTest, WorkRunsElsewhereAndComesBackHome) {
    Serve([](IOCP_Client&, Conformance& test) -> Task<> {
        const auto home = std::this_thread::get_id();
        const auto sum = co_await iocp::Offload(
            [](std::unique_ptr<int> a, int b) { return std::pair(*a + b, std::this_thread::get_id()); },
            std::make_unique<int>(3), 4);
        test.notes.Write(std::to_string(sum->first));
        test.notes.Write(sum->second != home ? "elsewhere" : "here");
        test.notes.Write(std::this_thread::get_id() == home ? "home" : "lost");
        test.notes.Write(co_await iocp::Offload([] {}));
    });
    const Peer peer(Where());

    for (const char* expected : {"7", "elsewhere", "home", "ok"}) EXPECT_EQ(notes.Next(), expected);
}

TEST_P(OffloadTest, WhatItThrowsComesBackToo) {
    Serve([](IOCP_Client&, Conformance& test) -> Task<> {
        try {
            static_cast<void>(co_await iocp::Offload([]() -> int { throw std::runtime_error("planned"); }));
        } catch (const std::exception& error) {
            test.notes.Write(error.what());
        }
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "planned");
}

TEST_P(OffloadTest, ADeadlineAndAStopDoNotWaitForIt) {
    auto& barrier = TheBarrier();
    barrier.open = false;
    barrier.inside = 0;
    Serve([](IOCP_Client&, Conformance& test) -> Task<> {
        const auto block = [] { TheBarrier().Wait(); };
        test.notes.Write(co_await iocp::Offload(block).Within(1ms));
        test.notes.Write("again");
        test.notes.Write(co_await iocp::Offload(block));
    });
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "timeout");
    EXPECT_EQ(notes.Next(), "again");
    while (barrier.inside < 2) std::this_thread::yield();
    OnlyClient()->Close();
    EXPECT_EQ(notes.Next(), "stopped");
    barrier.open = true;
}

TEST_P(OffloadTest, OnlySoManyWait) {
    auto& barrier = TheBarrier();
    barrier.open = false;
    barrier.inside = 0;
    options.offload_threads = 1;
    options.max_offloaded = 1;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto block = [] { TheBarrier().Wait(); };
        client.Spawn([block, &test]() -> Task<> { test.notes.Write(co_await iocp::Offload(block)); });
        while (TheBarrier().inside < 1) static_cast<void>(co_await iocp::YieldNow());
        client.Spawn([block, &test]() -> Task<> { test.notes.Write(co_await iocp::Offload(block)); });
        test.notes.Write(co_await iocp::Offload(block));
        TheBarrier().open = true;
        static_cast<void>(co_await client.Recv());
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "full");
    EXPECT_EQ(notes.NextSorted(2), Times(2, "ok"));
}

TEST_P(OffloadTest, ALongComputationAsksTheToken) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const std::stop_token token = client.StopToken();
        test.notes.Write(token.stop_requested() ? "stopped" : "goes on");
        const auto compute = [](const std::stop_token& asked) {
            while (!asked.stop_requested()) std::this_thread::yield();
        };
        static_cast<void>(co_await iocp::Offload(compute, token));
        test.notes.Write("over");
    });
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "goes on");
    core->Stop(5s);

    EXPECT_EQ(notes.Next(), "over");
}

TEST_P(OffloadTest, AnAwaitCanBeTiedToATokenOfOnesOwn) {
    static std::stop_source source;
    source = std::stop_source();
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write("waits");
        test.notes.Write(co_await client.Recv().With(source.get_token()));
        test.notes.Write(co_await iocp::Sleep(1h).With(source.get_token()));  // stopped already
        test.notes.Write(co_await client.Recv());
    });
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "waits");
    source.request_stop();

    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_EQ(notes.Next(), "stopped");
    peer.Send("x");
    EXPECT_EQ(notes.Next(), "ok");
}

}  // namespace iocp_test
