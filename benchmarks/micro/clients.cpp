// SPDX-License-Identifier: MIT
// The client table: one more client enters and leaves, or is found by its id, beside so many others.
#include "allocations.h"
#include "core_state.h"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace {

class Table {
public:
    explicit Table(std::int64_t clients) {
        for (; clients > 0; --clients) {
            clients_.push_back(std::make_shared<IOCP_Client>());
            state_.Enter(*clients_.back());
        }
    }
    iocp::detail::CoreState& operator*() noexcept { return state_; }

    // In an order in which neighbours are not close.
    [[nodiscard]] IOCP_Client& Next() noexcept {
        at_ = (at_ + 7'919) % clients_.size();
        return *clients_[at_];
    }

private:
    IOCP_CORE core_{std::vector<iocp::Listener>{}};
    iocp::detail::CoreState state_{core_, {}, {}};
    std::vector<std::shared_ptr<IOCP_Client>> clients_;
    std::size_t at_ = 0;
};

void EnterAndLeave(benchmark::State& state) {
    Table table(state.range(0));
    const auto client = std::make_shared<IOCP_Client>();
    const micro::Allocations allocations(state);
    for (auto _ : state) {
        (*table).Enter(*client);
        (*table).Leave(*client);
    }
}
BENCHMARK(EnterAndLeave)->Arg(100)->Arg(10'000);

void FindClient(benchmark::State& state) {
    Table table(state.range(0));
    const micro::Allocations allocations(state);
    for (auto _ : state) benchmark::DoNotOptimize((*table).FindClient(table.Next().Id()));
}
BENCHMARK(FindClient)->Arg(100)->Arg(10'000);

}  // namespace
