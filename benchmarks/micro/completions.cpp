// SPDX-License-Identifier: MIT
// From one end of an operation to the next: the coroutine that awaited it is resumed, gives it back, and awaits
// another.
#include "allocations.h"
#include "memory_network.h"
#include "operation_wait.h"

#include <benchmark/benchmark.h>
#include <iocp/task.h>

namespace {

iocp::Task<> AwaitAgainAndAgain() {
    iocp::detail::Worker& worker = *iocp::detail::Worker::Current();
    for (bool more = true; more;) {
        iocp::detail::OperationWait wait(worker, IOCP_Operation::Kind::Recv);
        co_await wait;
        more = wait->transferred > 0;
    }
}

void Completions(benchmark::State& state) {
    micro::MemoryNetwork network(0, "message");
    micro::MemoryCore core(network);
    for (auto i = state.range(0); i > 0; --i) core.Spawn(AwaitAgainAndAgain());
    core.Poll();
    {
        const micro::Allocations allocations(state);
        for (auto _ : state) {
            IOCP_Operation& operation = network.Engine().EndNext();
            operation.completed(operation);
        }
    }
    network.Leave();
}
BENCHMARK(Completions)->Arg(50)->Arg(1'000);

}  // namespace
