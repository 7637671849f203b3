// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>

namespace iocp::detail {

using Clock = std::chrono::steady_clock;

// A place in a worker's timer queue, owned by whatever waits. Arming and disarming allocates nothing but the queue's
// own growth. Used only on the worker whose queue it is armed in; disarmed before it is destroyed.
struct Timer {
    static constexpr std::size_t kUnarmed = ~std::size_t{0};

    using Fire = void (*)(Timer& timer) noexcept;

    explicit Timer(Fire when_due) noexcept : fire(when_due) {}

    [[nodiscard]] bool Armed() const noexcept { return position != kUnarmed; }

    Clock::time_point due{};
    std::size_t position = kUnarmed;  // in the queue's heap
    Fire fire;
};

// Until when a wait lasts: a time, a duration from the beginning of the wait, or for ever.
class Deadline {
public:
    Deadline() noexcept = default;
    [[nodiscard]] static Deadline Within(std::chrono::nanoseconds duration) noexcept { return {{}, duration}; }
    [[nodiscard]] static Deadline Until(Clock::time_point time) noexcept { return {time, {}}; }

    [[nodiscard]] bool IsSet() const noexcept {
        return time_ != Clock::time_point{} || duration_ != (std::chrono::nanoseconds::max)();
    }

    // The time itself, for a wait that begins at `now`; Clock::time_point::max() where it lasts for ever.
    [[nodiscard]] Clock::time_point From(Clock::time_point now) const noexcept {
        if (time_ != Clock::time_point{}) return time_;
        return duration_ < Forever() - now ? now + duration_ : Forever();
    }

private:
    Deadline(Clock::time_point time, std::chrono::nanoseconds duration) noexcept : time_(time), duration_(duration) {}

    static constexpr Clock::time_point Forever() noexcept { return (Clock::time_point::max)(); }

    Clock::time_point time_{};
    std::chrono::nanoseconds duration_ = (std::chrono::nanoseconds::max)();
};

}  // namespace iocp::detail
