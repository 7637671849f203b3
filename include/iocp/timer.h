// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace iocp::detail {

using Clock = std::chrono::steady_clock;

// A place in a worker's timer queue, owned by whatever waits. Arming and disarming allocates nothing but the queue's
// own growth. Used only on the worker whose queue it is armed in; disarmed before it is destroyed.
class Timer {
public:
    static constexpr std::uint32_t kUnarmed = ~std::uint32_t{0};

    Timer() noexcept = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    [[nodiscard]] bool Armed() const noexcept { return position != kUnarmed; }

    // By the queue, which has disarmed it. It may go meanwhile.
    virtual void OnDue() noexcept = 0;

    Clock::time_point due{};
    std::uint32_t position = kUnarmed;  // in the queue's heap

protected:
    ~Timer() = default;
};

// Until when a wait lasts: a time, a duration from the beginning of the wait, or for ever.
class Deadline {
public:
    Deadline() noexcept = default;
    [[nodiscard]] static Deadline Within(std::chrono::nanoseconds duration) noexcept {
        const auto count = duration.count();
        return Deadline(count == (std::chrono::nanoseconds::max)().count() ? kForever : count < 0 ? -1 : -1 - count);
    }
    // A time before the clock's beginning is that beginning.
    [[nodiscard]] static Deadline Until(Clock::time_point time) noexcept {
        const auto count = std::chrono::nanoseconds(time.time_since_epoch()).count();
        return Deadline(count < 0 ? 0 : count);
    }

    [[nodiscard]] bool IsSet() const noexcept { return value_ != kForever; }

    // The time itself, for a wait that begins at `now`; Clock::time_point::max() where it lasts for ever.
    [[nodiscard]] Clock::time_point From(Clock::time_point now) const noexcept {
        if (value_ >= 0) return Clock::time_point(std::chrono::nanoseconds(value_));
        const std::chrono::nanoseconds duration(-1 - value_);
        return duration < Forever() - now ? now + duration : Forever();
    }

private:
    static constexpr std::int64_t kForever = (std::numeric_limits<std::int64_t>::max)();

    explicit Deadline(std::int64_t value) noexcept : value_(value) {}

    static constexpr Clock::time_point Forever() noexcept { return (Clock::time_point::max)(); }

    // Nanoseconds: from 0 on since the clock's beginning, below 0 a duration in -1 - value_. One number, because every
    // wait has one.
    std::int64_t value_ = kForever;
};

}  // namespace iocp::detail
