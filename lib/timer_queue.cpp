// SPDX-License-Identifier: MIT
#include "timer_queue.h"

#include <gsl/assert>

#include <algorithm>

namespace iocp::detail {

Clock::time_point After(Clock::time_point now, std::chrono::milliseconds duration) noexcept {
    const auto longest = std::chrono::floor<std::chrono::milliseconds>(Clock::time_point::max() - now);
    return now + std::clamp(duration, std::chrono::milliseconds::zero(), longest);
}

void TimerQueue::Arm(Timer& timer, Clock::time_point due) {
    Expects(!timer.Armed());
    timer.due = std::max(due, soonest_);
    heap_.push_back(&timer);
    Up(heap_.size() - 1);
}

void TimerQueue::Disarm(Timer& timer) noexcept {
    if (!timer.Armed()) return;
    const std::size_t hole = timer.position;
    timer.position = Timer::kUnarmed;
    Timer* last = heap_.back();
    heap_.pop_back();
    if (last == &timer) return;
    Place(last, hole);
    Up(hole);
    Down(last->position);
}

void TimerQueue::FireDue(Clock::time_point now) noexcept {
    soonest_ = now + Clock::duration(1);
    while (!heap_.empty() && heap_.front()->due <= now) {
        Timer& first = *heap_.front();
        Disarm(first);
        first.fire(first);
    }
}

std::chrono::nanoseconds TimerQueue::UntilFirst(Clock::time_point now) const noexcept {
    if (heap_.empty()) return std::chrono::nanoseconds::max();
    return std::max(std::chrono::nanoseconds(heap_.front()->due - now), std::chrono::nanoseconds::zero());
}

Clock::time_point TimerQueue::FirstDue() const noexcept {
    return heap_.empty() ? Clock::time_point::max() : heap_.front()->due;
}

void TimerQueue::Place(Timer* timer, std::size_t position) noexcept {
    heap_[position] = timer;
    timer->position = static_cast<std::uint32_t>(position);
}

void TimerQueue::Up(std::size_t position) noexcept {
    Timer* timer = heap_[position];
    while (position > 0 && timer->due < heap_[(position - 1) / 2]->due) {
        Place(heap_[(position - 1) / 2], position);
        position = (position - 1) / 2;
    }
    Place(timer, position);
}

void TimerQueue::Down(std::size_t position) noexcept {
    Timer* timer = heap_[position];
    for (std::size_t child; (child = 2 * position + 1) < heap_.size(); position = child) {
        if (child + 1 < heap_.size() && heap_[child + 1]->due < heap_[child]->due) ++child;
        if (heap_[child]->due >= timer->due) break;
        Place(heap_[child], position);
    }
    Place(timer, position);
}

}  // namespace iocp::detail
