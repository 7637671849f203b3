// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/timer.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace iocp::detail {

// When `duration` has passed since `now`; the last of all times where that is beyond it.
[[nodiscard]] Clock::time_point After(Clock::time_point now, std::chrono::milliseconds duration) noexcept;

// A timer of an object that has several, or is no timer itself: calls one of its functions.
template <class Owner, void (Owner::*function)() noexcept>
class TimerFor final : public Timer {
public:
    explicit TimerFor(Owner& owner) noexcept : owner_(owner) {}
    void OnDue() noexcept override { (owner_.*function)(); }

private:
    Owner& owner_;
};

// Timers by due time: a binary heap. Nearly every timer is disarmed before it is due, so that only leaves a gap in its
// place; when there are more gaps than timers, all of them are closed at once.
class TimerQueue {
public:
    TimerQueue() noexcept = default;
    TimerQueue(const TimerQueue&) = delete;
    TimerQueue& operator=(const TimerQueue&) = delete;

    // Makes sure that a few timers can be armed without memory: for what cannot fail once it has begun. Throws
    // std::bad_alloc.
    void MakeRoom() {
        if (heap_.size() >= full_) Grow();
    }

    // Arms `timer`, which is not armed. Throws std::bad_alloc.
    void Arm(Timer& timer, Clock::time_point due);

    // No effect on a timer that is not armed.
    void Disarm(Timer& timer) noexcept {
        if (timer.Armed()) LeaveGap(timer);
    }

    // Fires what is due at `now`, earliest first. What is armed meanwhile is left for the next call, so that nobody who
    // arms a timer again and again holds the worker up.
    void FireDue(Clock::time_point now) noexcept {
        soonest_ = now + Clock::duration(1);
        if (!heap_.empty() && heap_.front().due <= now) FireThoseDue(now);
    }

    [[nodiscard]] bool Empty() const noexcept { return heap_.empty(); }

    // How long from `now` to the first that is due; nanoseconds::max() where none is armed. It may be a disarmed one's
    // time instead, which is forgotten by then.
    [[nodiscard]] std::chrono::nanoseconds UntilFirst(Clock::time_point now) const noexcept;

    // The same as a time; Clock::time_point::max() where none is armed.
    [[nodiscard]] Clock::time_point FirstDue() const noexcept;

private:
    struct Entry {
        Clock::time_point due;
        Timer* timer;  // null in a gap
    };
    static constexpr std::size_t kRoom = 8;
    static constexpr auto kLater = [](const Entry& one, const Entry& other) { return one.due > other.due; };

    void Grow();
    void FireThoseDue(Clock::time_point now) noexcept;
    void LeaveGap(Timer& timer) noexcept;
    void Place(const Entry& entry, std::size_t position) noexcept;
    void Up(const Entry& entry, std::size_t position) noexcept;
    void RemoveFirst() noexcept;
    void CloseGaps() noexcept;

    std::vector<Entry> heap_;  // empty where no timer is armed
    std::size_t gaps_ = 0;
    std::size_t full_ = 0;  // from so many entries on there is not the room that is promised
    Clock::time_point soonest_ = Clock::time_point::min();  // that a timer can be due
};

}  // namespace iocp::detail
