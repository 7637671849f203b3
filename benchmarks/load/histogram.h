// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace load {

// Counts durations in buckets that are at most 1/64 wider than what they hold.
class Histogram {
public:
    void Add(std::chrono::nanoseconds duration) noexcept {
        const auto value = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
        ++counts_[IndexOf(value)];
        ++total_;
    }

    [[nodiscard]] std::uint64_t Total() const noexcept { return total_; }

    // The duration, in nanoseconds, that `share` of all do not exceed.
    [[nodiscard]] std::uint64_t Percentile(double share) const noexcept {
        const double wanted = share * static_cast<double>(total_);
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (counts_[i] > 0 && static_cast<double>(seen) >= wanted) return UpperEnd(i);
        }
        return 0;
    }

    // Calls `visit(upper end in nanoseconds, count)` for each bucket that holds something, in order.
    template <class Visit>
    void ForEach(const Visit& visit) const {
        for (std::size_t i = 0; i < counts_.size(); ++i)
            if (counts_[i] > 0) visit(UpperEnd(i), counts_[i]);
    }

private:
    static constexpr unsigned kBits = 6;  // of precision
    static constexpr std::size_t kInEach = std::size_t{1} << kBits;

    static std::size_t IndexOf(std::uint64_t value) noexcept {
        if (value < kInEach) return value;
        const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
        return (std::size_t{shift} + 1) * kInEach + (value >> shift) - kInEach;
    }
    static std::uint64_t UpperEnd(std::size_t index) noexcept {
        if (index < kInEach) return index;
        const std::size_t shift = index / kInEach - 1;
        return ((index % kInEach + kInEach + 1) << shift) - 1;
    }

    std::array<std::uint64_t, kInEach * (64 - kBits + 1)> counts_{};
    std::uint64_t total_ = 0;
};

}  // namespace load
