// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

// Any number of durations in a small, fixed memory: each is counted in a class of those that differ by 3 % at most.
class RoundTrips {
public:
    using Duration = std::chrono::nanoseconds;

    void Add(Duration duration) noexcept {
        const auto value = static_cast<std::uint64_t>(std::max(duration, Duration::zero()).count());
        ++counts_[ClassOf(value)];
        ++count_;
        least_ = std::min(least_, value);
        most_ = std::max(most_, value);
    }

    [[nodiscard]] std::uint64_t Count() const noexcept { return count_; }

    // That which `share` of all did not exceed: 0 yields the shortest, 0.5 the median, 1 the longest. Count() is not 0.
    [[nodiscard]] Duration Quantile(double share) const noexcept {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_ - 1)) + 1;
        if (wanted >= count_) return Duration(static_cast<Duration::rep>(most_));
        std::uint64_t seen = 0;
        std::size_t at = 0;
        while ((seen += counts_[at]) < wanted)
            ++at;
        return Duration(static_cast<Duration::rep>(std::clamp(LeastOf(at), least_, most_)));
    }

private:
    // Below 64 each value is a class; then each power of two has 32.
    static std::size_t ClassOf(std::uint64_t value) noexcept {
        const auto bits = static_cast<std::size_t>(std::bit_width(value));
        const std::size_t shift = std::max<std::size_t>(bits, 6) - 6;
        return shift * 32 + static_cast<std::size_t>(value >> shift);
    }
    static std::uint64_t LeastOf(std::size_t index) noexcept {
        if (index < 64) return index;
        return std::uint64_t{index % 32 + 32} << (index / 32 - 1);
    }

    std::array<std::uint64_t, 60 * 32> counts_{};
    std::uint64_t count_ = 0;
    std::uint64_t least_ = ~std::uint64_t{0};
    std::uint64_t most_ = 0;
};
