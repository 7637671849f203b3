// SPDX-License-Identifier: MIT
// A deadline that is armed and, as nearly all are, disarmed before it is due, beside `armed` others.
#include "timer_queue.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <random>

namespace {

using namespace std::chrono_literals;
using iocp::detail::Clock;
using iocp::detail::Timer;
using iocp::detail::TimerQueue;

struct Nothing final : Timer {
    void OnDue() noexcept override {}
};

void OurTimers(benchmark::State& state) {
    const auto armed = static_cast<std::size_t>(state.range(0));
    TimerQueue queue;
    std::deque<Nothing> timers;
    std::mt19937 random(1);
    auto now = Clock::now();
    for (std::size_t i = 0; i < armed; ++i)
        queue.Arm(timers.emplace_back(), now + 30s - std::chrono::microseconds(random() % 30'000'000));
    std::size_t at = 0;
    for (auto _ : state) {
        Timer& timer = timers[at];
        at = at + 1 < armed ? at + 1 : 0;
        queue.Disarm(timer);
        queue.Arm(timer, (now += 100ns) + 30s);
    }
    for (Timer& timer : timers) queue.Disarm(timer);
}
BENCHMARK(OurTimers)->Arg(1)->Arg(1'000)->Arg(100'000);

}  // namespace
