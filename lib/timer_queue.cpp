// SPDX-License-Identifier: MIT
#include "timer_queue.h"

#include <gsl/assert>

#include <algorithm>
#include <utility>

namespace iocp::detail {

namespace {

constexpr std::size_t kFewGaps = 32;  // not worth closing

}  // namespace

Clock::time_point After(Clock::time_point now, std::chrono::milliseconds duration) noexcept {
    const auto longest = std::chrono::floor<std::chrono::milliseconds>(Clock::time_point::max() - now);
    return now + std::clamp(duration, std::chrono::milliseconds::zero(), longest);
}

void TimerQueue::Grow() {
    if (heap_.capacity() - heap_.size() < kRoom) heap_.reserve(std::max(2 * heap_.capacity(), 2 * kRoom));
    full_ = heap_.capacity() - kRoom + 1;
}

void TimerQueue::Arm(Timer& timer, Clock::time_point due) {
    Expects(!timer.Armed());
    timer.due = std::max(due, soonest_);
    heap_.emplace_back();
    Up({timer.due, &timer}, heap_.size() - 1);
}

void TimerQueue::LeaveGap(Timer& timer) noexcept {
    heap_[std::exchange(timer.position, Timer::kUnarmed)].timer = nullptr;
    ++gaps_;
    if (gaps_ == heap_.size() || gaps_ > heap_.size() / 2 + kFewGaps) CloseGaps();
}

void TimerQueue::FireThoseDue(Clock::time_point now) noexcept {
    while (!heap_.empty() && heap_.front().due <= now) {
        Timer* const first = heap_.front().timer;
        RemoveFirst();
        if (first == nullptr) {
            --gaps_;
            continue;
        }
        first->position = Timer::kUnarmed;
        if (gaps_ == heap_.size()) CloseGaps();
        first->OnDue();
    }
}

std::chrono::nanoseconds TimerQueue::UntilFirst(Clock::time_point now) const noexcept {
    if (heap_.empty()) return std::chrono::nanoseconds::max();
    return std::max(std::chrono::nanoseconds(heap_.front().due - now), std::chrono::nanoseconds::zero());
}

Clock::time_point TimerQueue::FirstDue() const noexcept {
    return heap_.empty() ? Clock::time_point::max() : heap_.front().due;
}

void TimerQueue::Place(const Entry& entry, std::size_t position) noexcept {
    heap_[position] = entry;
    if (entry.timer != nullptr) entry.timer->position = static_cast<std::uint32_t>(position);
}

// `entry`, for which there is room at `position`, goes towards the first as far as it belongs there.
void TimerQueue::Up(const Entry& entry, std::size_t position) noexcept {
    for (; position > 0; position = (position - 1) / 2) {
        const Entry& parent = heap_[(position - 1) / 2];
        if (!kLater(parent, entry)) break;
        Place(parent, position);
    }
    Place(entry, position);
}

void TimerQueue::RemoveFirst() noexcept {
    const Entry last = heap_.back();
    heap_.pop_back();
    if (heap_.empty()) return;
    std::size_t hole = 0;
    for (std::size_t child; (child = 2 * hole + 1) < heap_.size(); hole = child) {
        if (child + 1 < heap_.size() && kLater(heap_[child], heap_[child + 1])) ++child;
        if (!kLater(last, heap_[child])) break;
        Place(heap_[child], hole);
    }
    Place(last, hole);
}

void TimerQueue::CloseGaps() noexcept {
    std::erase_if(heap_, [](const Entry& entry) { return entry.timer == nullptr; });
    gaps_ = 0;
    std::make_heap(heap_.begin(), heap_.end(), kLater);
    for (std::size_t i = 0; i < heap_.size(); ++i) Place(heap_[i], i);
}

}  // namespace iocp::detail
