// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/timer.h>

#include <chrono>
#include <vector>

namespace iocp::detail {

// When `duration` has passed since `now`; the last of all times where that is beyond it.
[[nodiscard]] Clock::time_point After(Clock::time_point now, std::chrono::milliseconds duration) noexcept;

// Timers by due time: a binary heap whose entries know their place, so that disarming is as cheap as arming.
class TimerQueue {
public:
    TimerQueue() noexcept = default;
    TimerQueue(const TimerQueue&) = delete;
    TimerQueue& operator=(const TimerQueue&) = delete;

    // Arms `timer`, which is not armed.
    void Arm(Timer& timer, Clock::time_point due);

    // No effect on a timer that is not armed.
    void Disarm(Timer& timer) noexcept;

    // Fires what is due at `now`, earliest first. What is armed meanwhile is left for the next call, so that nobody who
    // arms a timer again and again holds the worker up.
    void FireDue(Clock::time_point now) noexcept;

    [[nodiscard]] bool Empty() const noexcept { return heap_.empty(); }

    // How long from `now` to the first that is due; nanoseconds::max() where none is armed.
    [[nodiscard]] std::chrono::nanoseconds UntilFirst(Clock::time_point now) const noexcept;

    // When the first is due; Clock::time_point::max() where none is armed.
    [[nodiscard]] Clock::time_point FirstDue() const noexcept;

private:
    void Place(Timer* timer, std::size_t position) noexcept;
    void Up(std::size_t position) noexcept;
    void Down(std::size_t position) noexcept;

    std::vector<Timer*> heap_;
    Clock::time_point soonest_ = Clock::time_point::min();  // that a timer can be due
};

}  // namespace iocp::detail
