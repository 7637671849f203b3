// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

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
    std::uint64_t order = 0;          // of arming; decides between equal times
    std::size_t position = kUnarmed;  // in the queue's heap
    Fire fire;
};

}  // namespace iocp::detail
