// SPDX-License-Identifier: MIT
// The frame of a request to the kernel, taken from its pool and given back.
#include "allocations.h"

#include <benchmark/benchmark.h>
#include <iocp/operation_manager.h>

namespace {

void AcquireAndRelease(benchmark::State& state) {
    IOCP_OperationManager operations;
    operations.Release(operations.Acquire(IOCP_Operation::Kind::Recv));  // the pool has a block after this
    const micro::Allocations allocations(state);
    for (auto _ : state) {
        IOCP_Operation* const operation = &operations.Acquire(IOCP_Operation::Kind::Recv);
        benchmark::DoNotOptimize(operation);
        operations.Release(*operation);
    }
}
BENCHMARK(AcquireAndRelease);

}  // namespace
