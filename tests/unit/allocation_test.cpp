// SPDX-License-Identifier: MIT
// What must not allocate, with every allocation of the program counted.
#include "counted_allocations.h"
#include "support/peer.h"
#include "support/platform.h"
#include "timer_queue.h"

#include <gtest/gtest.h>
#include <iocp/iocp.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using iocp::Task;
using iocp::detail::Clock;
using iocp::detail::Timer;
using iocp::detail::TimerQueue;
using iocp_test::allocations;

constexpr std::size_t kMany = 100'000;

struct Counted final : Timer {
    explicit Counted(std::size_t& fired_so_far) : fired(fired_so_far) {}
    void OnDue() noexcept override { ++fired; }
    std::size_t& fired;
};

TEST(Allocations, AHundredThousandDeadlinesAreArmedAgainWithoutAny) {
    TimerQueue queue;
    std::size_t fired = 0;
    std::deque<Counted> timers;
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < kMany; ++i) queue.Arm(timers.emplace_back(fired), begin + 1h + i % 1'000 * 1ms);

    const auto later = [&] {
        for (Counted& timer : timers) {
            queue.Disarm(timer);
            queue.Arm(timer, timer.due + 500ms);
        }
    };
    later();  // the queue has room for as many disarmed ones after this
    const std::size_t before = allocations;
    later();
    EXPECT_EQ(allocations, before);

    queue.FireDue(begin + 1h + 1s - 1ns);
    EXPECT_EQ(fired, 0U);
    for (std::size_t i = 0; i < 1'000; ++i) {
        queue.FireDue(begin + 1h + 1s + i * 1ms);
        ASSERT_EQ(fired, (i + 1) * kMany / 1'000);  // each with its own, none early
    }
    EXPECT_TRUE(queue.Empty());
}

struct Deadlines {
    std::atomic<std::size_t> ended = 0;
    std::atomic<std::size_t> early = 0;
    std::atomic<std::size_t> otherwise = 0;
    std::atomic<std::size_t> allocated = 0;
    std::atomic<bool> done = false;
};

// Of cores whose background thread does nothing.
iocp::Options QuietOptions() {
    iocp::Options options;
    options.tick = 1h;
    options.stall = 0ms;
    return options;
}

void RunUntilDone(Task<> task, const Deadlines& deadlines) {
    IOCP_CORE core(std::vector<iocp::Listener>{}, QuietOptions());
    core.Spawn(std::move(task));
    core.Start(1);
    while (!deadlines.done) std::this_thread::sleep_for(1ms);
    core.Stop();
}

Task<> WaitUntil(std::chrono::steady_clock::time_point due, iocp::Event& never, Deadlines& deadlines) {
    const iocp::Result result = co_await never.Wait().Until(due);
    if (iocp::Now() < due) ++deadlines.early;
    if (result.Why() != iocp::Outcome::Timeout) ++deadlines.otherwise;
    ++deadlines.ended;
}

TEST(Allocations, FiveThousandDeadlinesAtOnceAllEndTheirWaits) {
    constexpr std::size_t kAtOnce = 5'000;
    Deadlines deadlines;
    iocp::Event never;
    IOCP_CORE core(std::vector<iocp::Listener>{});
    const auto due = Clock::now() + 300ms;
    for (std::size_t i = 0; i < kAtOnce; ++i) core.Spawn(WaitUntil(due, never, deadlines));
    core.Start(1);
    while (deadlines.ended < kAtOnce) std::this_thread::sleep_for(1ms);
    core.Stop();

    EXPECT_EQ(deadlines.early, 0U);
    EXPECT_EQ(deadlines.otherwise, 0U);
}

Task<> WaitOften(Deadlines& deadlines) {
    iocp::Event happened;
    iocp::Event never;
    happened.Set();
    for (int round = 0; round < 2; ++round) {  // the first lets what is kept grow
        const std::size_t before = allocations;
        for (std::size_t i = 0; i < kMany / 10; ++i) {
            co_await happened.Wait().Within(1h);
            co_await iocp::YieldNow().Within(1h);
            co_await never.Wait().Within(0ns);
        }
        deadlines.allocated = allocations - before;
    }
    deadlines.done = true;
}

TEST(Allocations, AwaitsWithDeadlinesNeedNone) {
    Deadlines deadlines;
    RunUntilDone(WaitOften(deadlines), deadlines);

    EXPECT_EQ(deadlines.allocated, 0U);
}

Task<std::size_t> Twice(std::size_t number) { co_return 2 * number; }

Task<std::size_t> Nested(std::size_t number) {
    co_await iocp::YieldNow();
    const std::size_t twice = co_await Twice(number);
    co_return twice;
}

Task<> CallOften(Deadlines& deadlines) {
    for (int round = 0; round < 2; ++round) {
        const std::size_t before = allocations;
        for (std::size_t i = 0; i < kMany / 10; ++i) {
            const std::size_t twice = co_await Nested(i);
            const auto again = co_await Twice(i).Within(1h);
            if (twice != *again) ++deadlines.otherwise;
        }
        deadlines.allocated = allocations - before;
    }
    deadlines.done = true;
}

TEST(Allocations, TasksOfATaskNeedNone) {
    Deadlines deadlines;
    RunUntilDone(CallOften(deadlines), deadlines);

    EXPECT_EQ(deadlines.allocated, 0U);
    EXPECT_EQ(deadlines.otherwise, 0U);
}

class Echo final : public IOCP_Protocol {
    Task<> ProcedureClient(IOCP_Client& client) override {
        while (const auto message = co_await client.Recv()) co_await client.Send(message);
    }
};

constexpr std::size_t kAnswers = 20'000;

struct Talk {
    std::size_t answers = 0;
    std::size_t before = 0;
    std::atomic<std::size_t> allocated = 0;
    std::atomic<bool> done = false;
};

Task<> AskOften(iocp::Endpoint server, Talk& talk) {
    auto connection = co_await iocp::Connect(server, iocp::Transport::Udp);
    while (!talk.done) {
        co_await connection->Send("still there?");
        co_await connection->Recv();
        if (++talk.answers == kAnswers / 2) talk.before = allocations;  // what is kept has grown by then
        if (talk.answers != kAnswers) continue;
        talk.allocated = allocations - talk.before;
        talk.done = true;
    }
}

class DatagramAllocations : public testing::TestWithParam<iocp::EngineKind> {};

TEST_P(DatagramAllocations, ADatagramAndItsAnswerNeedNone) {
    constexpr int kClients = 50;
    Talk talk;
    iocp::Options options = QuietOptions();
    options.engine = GetParam();
    IOCP_CORE core({{0, 1, std::make_shared<Echo>(), iocp::Transport::Udp, "127.0.0.1"}}, options);
    core.Start(1);
    for (int i = 0; i < kClients; ++i) core.Spawn(AskOften(core.Listening(), talk));
    while (!talk.done) std::this_thread::sleep_for(1ms);
    core.Stop();

    EXPECT_EQ(talk.allocated, 0U);
}

class PeakAllocations : public testing::TestWithParam<iocp::EngineKind> {};

// So many clients come, talk, and leave.
void Visit(const IOCP_CORE& core, std::size_t count) {
    std::vector<iocp_test::Peer> peers;
    for (std::size_t i = 0; i < count; ++i) peers.emplace_back(core.Listening()).Send("x");
    for (iocp_test::Peer& peer : peers) ASSERT_EQ(peer.Receive(1), "x");
    std::this_thread::sleep_for(50ms);  // several ticks, each of which may see all of them
    peers.clear();
    while (core.ClientCount() > 0) std::this_thread::sleep_for(1ms);
}

TEST_P(PeakAllocations, AfterAPeakTheHeapHasBackWhatItLeft) {
    constexpr std::size_t kFew = 10;
    constexpr std::size_t kPeak = 500;
    constexpr std::size_t kAccepts = 64;  // that a listener of AcceptEx may have come to keep, with two pieces each
    const std::size_t rest = 50 + (GetParam() == iocp::EngineKind::Iocp ? 2 * kAccepts : 0);
    iocp::Options options = QuietOptions();
    options.engine = GetParam();
    options.tick = 5ms;
    IOCP_CORE core({{0, 1, std::make_shared<Echo>(), iocp::Transport::Tcp, "127.0.0.1"}}, options);
    core.Start(1);
    Visit(core, kFew);
    const std::size_t before = iocp_test::pieces_in_use;

    Visit(core, kPeak);

    const auto patience = Clock::now() + iocp_test::kPatience;
    while (iocp_test::pieces_in_use > before + rest && Clock::now() < patience) std::this_thread::sleep_for(1ms);
    EXPECT_LE(iocp_test::pieces_in_use, before + rest);
    core.Stop();
}

INSTANTIATE_TEST_SUITE_P(On, PeakAllocations, testing::ValuesIn(iocp_test::EnginesUnderTest()),
                         [](const auto& engine) { return std::string(ToString(engine.param)); });
INSTANTIATE_TEST_SUITE_P(On, DatagramAllocations, testing::ValuesIn(iocp_test::EnginesUnderTest()),
                         [](const auto& engine) { return std::string(ToString(engine.param)); });

}  // namespace
