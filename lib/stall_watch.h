// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/timer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace iocp::detail {

class CoreState;
class Worker;

// Finds handlers that keep their worker from everybody else: looks at what each worker runs, again and again, and tells
// OnStall once of one that has not gone on for Options::stall. Used by one thread. Never due where nothing is checked.
class StallWatch {
public:
    StallWatch(CoreState& core, const std::vector<std::unique_ptr<Worker>>& workers);

    // When to look next.
    [[nodiscard]] Clock::time_point Due() const noexcept { return due_; }

    void LookIfDue();

private:
    struct Known {
        std::uint64_t step = 0;
        Clock::time_point since;
        bool told = false;
    };

    void LookAt(std::size_t worker, Clock::time_point now);

    CoreState& core_;
    const std::vector<std::unique_ptr<Worker>>& workers_;
    std::vector<Known> known_;
    Clock::time_point due_;
};

}  // namespace iocp::detail
