// SPDX-License-Identifier: MIT
// Event, Mutex, Semaphore and Channel: what coroutines of several clients and workers share.
#include "conformance.h"

#include <atomic>
#include <coroutine>
#include <memory>
#include <thread>

namespace iocp_test {

using SharingTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, SharingTest, EveryEngine(), NameOfEngine);

namespace {

// A protocol whose clients share something.
template <class Shared>
class Sharing final : public IOCP_Protocol {
public:
    using Handler = Task<> (*)(IOCP_Client& client, Shared& shared, Conformance& test);

    Sharing(Handler handler, Shared& shared, Conformance& test) : handler_(handler), shared_(shared), test_(test) {}

private:
    Task<> ProcedureClient(IOCP_Client& client) override { return handler_(client, shared_, test_); }

    Handler handler_;
    Shared& shared_;
    Conformance& test_;
};

template <class Shared>
std::shared_ptr<IOCP_Protocol> Share(Shared& shared, typename Sharing<Shared>::Handler handler, Conformance& test) {
    return std::make_shared<Sharing<Shared>>(handler, shared, test);
}

// Grants what is asked for before whoever asks has been told to wait.
class GrantsAtOnce final : public iocp::detail::WaitSource {
public:
    bool TakeOrQueue(iocp::detail::SharedWait& wait) override {
        std::thread([&wait] { wait.Grant(); }).join();
        return false;
    }
    bool GiveUp(iocp::detail::SharedWait&) noexcept override { return false; }
    void TakeBack(iocp::detail::SharedWait&) noexcept override {}
};

struct GrantedWait {
    iocp::detail::SharedWait wait;

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) {
        return wait.Start(coroutine, iocp::detail::ScopeOf(coroutine));
    }
    iocp::Result await_resume() const noexcept { return wait.result; }
};

Loose Acquire(iocp::Semaphore& semaphore) { static_cast<void>(co_await semaphore.Acquire()); }

}  // namespace

TEST_P(SharingTest, AnEventLetsEveryWorkersCoroutinesGoOn) {
    workers = 3;
    iocp::Event event;
    Serve(Share(
        event,
        +[](IOCP_Client&, iocp::Event& shared, Conformance& test) -> Task<> {
            test.notes.Write("waits");
            test.notes.Write(co_await shared.Wait());
            test.notes.Write(co_await shared.Wait());
        },
        *this));
    std::vector<Peer> peers;
    for (int i = 0; i < 6; ++i) peers.emplace_back(Where());
    EXPECT_EQ(notes.NextSorted(6), Times(6, "waits"));
    event.Set();

    EXPECT_EQ(notes.NextSorted(12), Times(12, "ok"));
    EXPECT_TRUE(event.IsSet());
    event.Reset();
    EXPECT_FALSE(event.IsSet());
}

TEST_P(SharingTest, AGrantMayComeBeforeTheWaitHasBegun) {
    Serve([](IOCP_Client&, Conformance& test) -> Task<> {
        GrantsAtOnce source;
        GrantedWait granted{{source, nullptr, {}}};
        test.notes.Write(co_await granted);
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "ok");
}

// A message that comes while the worker resumes those who waited must not be left until something else wakes it.
TEST_P(SharingTest, WhatIsSpawnedWhileAnEventLetsManyGoOnRuns) {
    struct Shared {
        iocp::Event event;
        std::atomic<bool> set = false;
        std::atomic<bool> spawned = false;
    } shared;
    Serve(Share(
        shared,
        +[](IOCP_Client& client, Shared& with, Conformance& test) -> Task<> {
            test.notes.Write("waits");
            co_await with.event.Wait();
            test.notes.Write("goes on");
            while (!with.spawned) std::this_thread::yield();  // holds the worker in the middle of the turn
            co_await client.Recv();                           // an end would wake it
        },
        *this));
    const Peer first(Where());
    const Peer second(Where());
    EXPECT_EQ(notes.NextSorted(2), Times(2, "waits"));
    core->Spawn([](Shared& with, Conformance& test) -> Task<> {
        co_await iocp::Sleep(1ms);  // to hold the worker at the end of a turn
        test.notes.Write("held");
        while (!with.set) std::this_thread::yield();
    }(shared, *this));
    EXPECT_EQ(notes.Next(), "held");
    shared.event.Set();
    shared.set = true;
    EXPECT_EQ(notes.Next(), "goes on");
    core->Spawn([](Conformance& test) -> Task<> {
        test.notes.Write("ran");
        co_return;
    }(*this));
    shared.spawned = true;

    EXPECT_EQ(notes.NextSorted(2), (std::vector<std::string>{"goes on", "ran"}));
}

TEST_P(SharingTest, AWaitForAnEventTimesOutAndStops) {
    iocp::Event never;
    Serve(Share(
        never,
        +[](IOCP_Client&, iocp::Event& shared, Conformance& test) -> Task<> {
            test.notes.Write(co_await shared.Wait().Within(1ms));
            test.notes.Write(co_await shared.Wait());
            test.notes.Write(co_await shared.Wait());  // refused
        },
        *this));
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "timeout");
    Settle();
    core->Stop(5s);

    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_EQ(notes.Next(), "stopped");
}

TEST_P(SharingTest, AMutexLetsOneInAtATime) {
    struct Shared {
        iocp::Mutex mutex;
        int inside = 0;
        int rounds = 0;
        bool together = false;
    } shared;
    workers = 3;
    Serve(Share(
        shared,
        +[](IOCP_Client&, Shared& all, Conformance& test) -> Task<> {
            for (int i = 0; i < 100; ++i) {
                const auto lock = co_await all.mutex.Lock();
                if (!lock) break;
                all.together = all.together || ++all.inside != 1;
                ++all.rounds;
                static_cast<void>(co_await iocp::YieldNow());
                --all.inside;
            }
            test.notes.Write("done");
        },
        *this));
    std::vector<Peer> peers;
    for (int i = 0; i < 6; ++i) peers.emplace_back(Where());

    EXPECT_EQ(notes.NextSorted(6), Times(6, "done"));
    EXPECT_FALSE(shared.together);
    EXPECT_EQ(shared.rounds, 600);
}

TEST_P(SharingTest, ASemaphoreServesInTheOrderOfComing) {
    iocp::Semaphore semaphore(0);
    Serve(Share(
        semaphore,
        +[](IOCP_Client& client, iocp::Semaphore& shared, Conformance& test) -> Task<> {
            for (int i = 0; i < 3; ++i) {
                client.Spawn([i, &shared, &test]() -> Task<> {
                    const auto permit = co_await shared.Acquire();
                    test.notes.Write(std::to_string(i) + " " + std::string(ToString(permit.Why())));
                });
            }
            test.notes.Write("waiting");
            static_cast<void>(co_await client.Recv());
        },
        *this));
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "waiting");
    EXPECT_FALSE(semaphore.TryAcquire());
    semaphore.Release(4);

    EXPECT_EQ(notes.Next(), "0 ok");
    EXPECT_EQ(notes.Next(), "1 ok");
    EXPECT_EQ(notes.Next(), "2 ok");
    EXPECT_TRUE(semaphore.TryAcquire());
    EXPECT_FALSE(semaphore.TryAcquire());
}

TEST_P(SharingTest, AWaitThatGivesUpLeavesItsPlaceToTheNext) {
    iocp::Semaphore semaphore(0);
    Serve(Share(
        semaphore,
        +[](IOCP_Client& client, iocp::Semaphore& shared, Conformance& test) -> Task<> {
            client.Spawn([&shared, &test]() -> Task<> { test.notes.Write(co_await shared.Acquire().Within(1ms)); });
            test.notes.Write(co_await shared.Acquire());
        },
        *this));
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "timeout");
    semaphore.Release();

    EXPECT_EQ(notes.Next(), "ok");
}

TEST_P(SharingTest, APermitOnItsWayToADestroyedCoroutineIsNotLost) {
    iocp::Semaphore semaphore(0);
    Serve(Share(
        semaphore,
        +[](IOCP_Client&, iocp::Semaphore& shared, Conformance& test) -> Task<> {
            const Loose waiting = Acquire(shared);
            shared.Release();
            waiting.coroutine.destroy();
            test.notes.Write(shared.TryAcquire() ? "free" : "lost");
            co_return;
        },
        *this));
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "free");
}

TEST_P(SharingTest, AChannelKeepsOrderAndHoldsSendersBack) {
    struct Shared {
        iocp::Channel<int> channel{4};
        std::atomic<int> sent = 0;
    } shared;
    workers = 2;
    Serve(Share(
        shared,
        +[](IOCP_Client&, Shared& all, Conformance& test) -> Task<> {
            // The first client sends, the second receives.
            static std::atomic<int> comer;
            if (comer++ % 2 == 0) {
                for (int i = 0; i < 1'000; ++i) {
                    if (!co_await all.channel.Send(int{i})) break;
                    ++all.sent;
                }
                all.channel.Close();
                test.notes.Write("sent");
                co_return;
            }
            int expected = 0;
            while (const auto value = co_await all.channel.Receive())
                if (*value == expected) ++expected;
            test.notes.Write(std::to_string(expected));
        },
        *this));
    const Peer sender(Where());
    while (shared.sent < 4) std::this_thread::yield();
    EXPECT_EQ(shared.channel.Size(), 4u);
    EXPECT_EQ(shared.channel.TrySend(1).Why(), Outcome::Full);
    const Peer receiver(Where());

    EXPECT_EQ(notes.NextSorted(2), (std::vector<std::string>{"1000", "sent"}));
    EXPECT_EQ(shared.channel.TrySend(1).Why(), Outcome::Closed);
}

TEST_P(SharingTest, AnyThreadSendsIntoAChannel) {
    iocp::Channel<std::unique_ptr<int>> channel(1'000);
    Serve(Share(
        channel,
        +[](IOCP_Client&, iocp::Channel<std::unique_ptr<int>>& shared, Conformance& test) -> Task<> {
            int sum = 0;
            while (const auto value = co_await shared.Receive()) sum += **value;
            test.notes.Write(std::to_string(sum));
        },
        *this));
    const Peer peer(Where());
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&channel] {
            for (int value = 1; value <= 200; ++value)
                if (!channel.TrySend(std::make_unique<int>(value))) std::abort();
        });
    for (std::thread& thread : threads) thread.join();
    channel.Close();

    EXPECT_EQ(notes.Next(), std::to_string(4 * 200 * 201 / 2));
}

TEST_P(SharingTest, AClosedChannelEndsWhoWaitsForRoom) {
    iocp::Channel<int> channel(1);
    Serve(Share(
        channel,
        +[](IOCP_Client&, iocp::Channel<int>& shared, Conformance& test) -> Task<> {
            test.notes.Write(co_await shared.Send(1));
            test.notes.Write(co_await shared.Send(2).Within(1ms));
            test.notes.Write("waits");
            test.notes.Write(co_await shared.Send(3));
        },
        *this));
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(notes.Next(), "timeout");
    EXPECT_EQ(notes.Next(), "waits");
    Settle();
    channel.Close();

    EXPECT_EQ(notes.Next(), "closed");
}

}  // namespace iocp_test
