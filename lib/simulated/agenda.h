// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/timer.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace iocp::detail {

// What is to happen, and when. Of two events at the same time the one that was written down first comes first.
class Agenda {
public:
    using Event = std::function<void()>;

    void At(Clock::time_point time, Event event) {
        entries_.push_back({time, ++last_, std::move(event)});
        std::push_heap(entries_.begin(), entries_.end(), &IsLater);
    }

    // Clock::time_point::max() where nothing is to happen.
    [[nodiscard]] Clock::time_point First() const noexcept {
        return entries_.empty() ? Clock::time_point::max() : entries_.front().time;
    }

    // Only where something is to happen.
    void RunFirst() {
        std::pop_heap(entries_.begin(), entries_.end(), &IsLater);
        const Event event = std::move(entries_.back().event);
        entries_.pop_back();
        event();
    }

private:
    struct Entry {
        Clock::time_point time;
        std::uint64_t number;
        Event event;
    };

    static bool IsLater(const Entry& one, const Entry& other) noexcept {
        return one.time != other.time ? one.time > other.time : one.number > other.number;
    }

    std::vector<Entry> entries_;  // a heap
    std::uint64_t last_ = 0;
};

}  // namespace iocp::detail
