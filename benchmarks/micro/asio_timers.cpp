// SPDX-License-Identifier: MIT
// The same as timers.cpp with Boost.Asio's steady_timer: a new expiry ends the wait before it.
#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <random>

namespace {

using namespace std::chrono_literals;
using Timer = boost::asio::steady_timer;

void AsioTimers(benchmark::State& state) {
    constexpr int kBetweenPolls = 64;
    const auto armed = static_cast<std::size_t>(state.range(0));
    boost::asio::io_context context(1);
    std::deque<Timer> timers;
    std::mt19937 random(1);
    auto now = std::chrono::steady_clock::now();
    const auto arm = [](Timer& timer, std::chrono::steady_clock::time_point due) {
        timer.expires_at(due);
        timer.async_wait([](const boost::system::error_code& error) { benchmark::DoNotOptimize(error); });
    };
    for (std::size_t i = 0; i < armed; ++i)
        arm(timers.emplace_back(context), now + 30s - std::chrono::microseconds(random() % 30'000'000));
    std::size_t at = 0;
    int until_poll = kBetweenPolls;
    for (auto _ : state) {
        arm(timers[at], (now += 100ns) + 30s);
        at = at + 1 < armed ? at + 1 : 0;
        if (--until_poll > 0) continue;
        context.poll();  // the handlers of the waits that ended
        until_poll = kBetweenPolls;
    }
}
BENCHMARK(AsioTimers)->Arg(1)->Arg(1'000)->Arg(100'000);

}  // namespace
