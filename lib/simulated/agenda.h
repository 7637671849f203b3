// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/timer.h>

#include <functional>
#include <map>
#include <utility>

namespace iocp::detail {

// What is to happen, and when. Of two events at the same time the one that was written down first comes first.
class Agenda {
public:
    using Event = std::function<void()>;

    void At(Clock::time_point time, Event event) { events_.emplace(time, std::move(event)); }

    // Clock::time_point::max() where nothing is to happen.
    [[nodiscard]] Clock::time_point First() const noexcept {
        return events_.empty() ? Clock::time_point::max() : events_.begin()->first;
    }

    // Only where something is to happen.
    void RunFirst() {
        const Event event = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        event();
    }

private:
    std::multimap<Clock::time_point, Event> events_;
};

}  // namespace iocp::detail
