// SPDX-License-Identifier: MIT
// The way into a worker from another thread: a message is posted, taken and run; a wait is handed over and taken.
#include "inbox.h"

#include "allocations.h"
#include "buffer_pool.h"
#include "memory_network.h"

#include <benchmark/benchmark.h>
#include <iocp/shared_wait.h>

#include <vector>

namespace {

using iocp::detail::Inbox;
using iocp::detail::SharedWait;

class OpenInbox : public Inbox {
public:
    OpenInbox() { Open(engine_); }

private:
    micro::MemoryNetwork network_{0};
    iocp::detail::BufferPool buffers_{1, 1};
    micro::MemoryEngine engine_{network_, buffers_};
};

void PostAndTake(benchmark::State& state) {
    OpenInbox inbox;
    std::vector<Inbox::Message> messages;
    std::size_t ran = 0;
    const auto turn = [&] {
        inbox.Post([&ran] { ++ran; });
        inbox.TakeInto(messages);
        for (const Inbox::Message& message : messages) message();
        messages.clear();
        benchmark::DoNotOptimize(inbox.TakeWait());
    };
    turn();  // two vectors take turns, and both have room
    turn();
    const micro::Allocations allocations(state);
    for (auto _ : state) turn();
}
BENCHMARK(PostAndTake);

// Has nothing to grant.
class NoSource final : public iocp::detail::WaitSource {
    bool TakeOrQueue(SharedWait&) override { return false; }
    bool GiveUp(SharedWait&) noexcept override { return true; }
    void TakeBack(SharedWait&) noexcept override {}
};

void ResumeAndTake(benchmark::State& state) {
    OpenInbox inbox;
    NoSource source;
    SharedWait wait(source, nullptr, {});
    const micro::Allocations allocations(state);
    for (auto _ : state) {
        inbox.Resume(wait);
        benchmark::DoNotOptimize(inbox.TakeWait());
        benchmark::DoNotOptimize(inbox.TakeWait());  // finds that there is no other, as a turn does
    }
}
BENCHMARK(ResumeAndTake);

}  // namespace
