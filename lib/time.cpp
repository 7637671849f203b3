// SPDX-License-Identifier: MIT
#include "misuse.h"
#include "worker.h"

#include <iocp/time.h>

#include <algorithm>

namespace iocp {

std::chrono::steady_clock::time_point Now() noexcept {
    const detail::Worker* worker = detail::Worker::Current();
    return worker != nullptr ? worker->Net().Now() : detail::Clock::now();
}

Every::Every(std::chrono::nanoseconds interval) noexcept : interval_(interval), next_(Now()) {
    if (interval.count() <= 0) detail::Misuse("an iocp::Every without an interval (1s / 60 is no seconds)");
}

SleepAwaitable Every::Next() noexcept {
    next_ += interval_;
    const auto now = Now();
    // One that is late still counts; those before it are missed.
    const auto missed = std::max(now - next_, std::chrono::nanoseconds::zero()) / interval_;
    missed_ += static_cast<std::uint64_t>(missed);
    next_ += missed * interval_;
    return SleepAwaitable(next_ - now);
}

}  // namespace iocp
