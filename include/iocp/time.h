// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/awaitable.h>
#include <iocp/wait.h>

#include <chrono>
#include <cstdint>

namespace iocp {

// The time that the calling coroutine's core goes by: the system's steady clock, or a Simulation's. Outside a core: the
// steady clock. The time to give to Until and to measure with.
[[nodiscard]] std::chrono::steady_clock::time_point Now() noexcept;

using SleepAwaitable = Awaitable<detail::Pause>;

// Lets `duration` pass, and others run meanwhile. Never too short. Yields a Result:
//   Timeout  a deadline given to it was earlier
//   Stopped  the client was closed, a Race was decided otherwise, or the core is stopping
[[nodiscard]] inline SleepAwaitable Sleep(std::chrono::nanoseconds duration) noexcept {
    return SleepAwaitable(duration);
}

// Lets everybody else on this worker have a turn.
[[nodiscard]] inline SleepAwaitable YieldNow() noexcept { return SleepAwaitable({}); }

// A beat that does not drift: `iocp::Every tick(50ms); while (co_await tick.Next()) ...`
// Counted from its making. A late beat comes at once; of several that are due only the last does, and Missed counts the
// others.
// Owner: the coroutine that makes it, in whose core it runs.
class Every {
public:
    // `interval` is more than zero; `1s / 60` is not, but `16'667us` is.
    explicit Every(std::chrono::nanoseconds interval) noexcept;

    // Waits for the next beat.
    [[nodiscard]] SleepAwaitable Next() noexcept;

    // Beats skipped since the making.
    [[nodiscard]] std::uint64_t Missed() const noexcept { return missed_; }

private:
    std::chrono::nanoseconds interval_;
    std::chrono::steady_clock::time_point next_;
    std::uint64_t missed_ = 0;
};

}  // namespace iocp
