// SPDX-License-Identifier: MIT
#include "contract.h"

#include <atomic>
#include <thread>

namespace iocp_test {

using SuccessorContract = EngineContract;
INSTANTIATE_TEST_SUITE_P(Each, SuccessorContract, testing::ValuesIn(Setups()), NameOfSetup);

// The system may give the memory of an engine that is gone to the next one, of a thread that knows nothing of the
// first: a thread sanitizer must see no race there.
TEST_P(SuccessorContract, IsFreeOfWhatAnEngineOfAnotherThreadLeft) {
    const auto make_and_use = [this] {
        iocp::detail::BufferPool buffers(options.receive_buffer, options.provided_buffers);
        const auto engine = iocp::detail::MakeEngine(GetParam().kind, options, buffers);
        iocp::detail::OperationQueue ended;
        engine->Wait(ended, std::chrono::nanoseconds::zero());
    };
    for (int i = 0; i < 10; ++i) {
        std::atomic<bool> gone = false;
        std::thread other([&] {
            make_and_use();
            gone.store(true, std::memory_order_relaxed);
        });
        while (!gone.load(std::memory_order_relaxed)) std::this_thread::yield();

        make_and_use();

        other.join();
    }
}

}  // namespace iocp_test
