// SPDX-License-Identifier: MIT
// A task that a coroutine of a worker makes, awaits and destroys, as a handler does with its own.
#include "allocations.h"

#include <iocp/iocp.h>

#include <benchmark/benchmark.h>

#include <vector>

namespace {

iocp::Task<int> Answer(int number) { co_return number; }

iocp::Task<> AwaitAgainAndAgain(benchmark::State& state, bool& done) {
    int number = 0;
    const micro::Allocations allocations(state);
    for (auto _ : state) {
        number += co_await Answer(1);
        benchmark::DoNotOptimize(number);
    }
    done = true;
}

void Tasks(benchmark::State& state) {
    IOCP_CORE core(std::vector<iocp::Listener>{});
    bool done = false;
    core.Spawn(AwaitAgainAndAgain(state, done));
    core.StartPolled();
    while (!done) core.Poll();
    core.Stop();
}
BENCHMARK(Tasks);

}  // namespace
