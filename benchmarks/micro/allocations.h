// SPDX-License-Identifier: MIT
#pragma once

#include "counted_allocations.h"

#include <benchmark/benchmark.h>

#include <cstddef>

namespace micro {

// While it lives, counts what the program allocates: a column of the row, for each iteration.
class Allocations {
public:
    explicit Allocations(benchmark::State& state) noexcept : state_(state), before_(iocp_test::allocations) {}
    Allocations(const Allocations&) = delete;
    Allocations& operator=(const Allocations&) = delete;
    ~Allocations() {
        const auto count = static_cast<double>(iocp_test::allocations - before_);
        state_.counters["allocations"] = benchmark::Counter(count, benchmark::Counter::kAvgIterations);
    }

private:
    benchmark::State& state_;
    const std::size_t before_;
};

}  // namespace micro
