// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

namespace iocp::detail {

// Numbers that depend on the seed only, on every system: the standard's distributions differ between libraries.
// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
class Random {
public:
    explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

    // Chooses as `choices` say, which outlive this, as long as there are any left.
    Random(std::span<const std::uint8_t> choices, std::uint64_t seed) noexcept : choices_(choices), state_(seed) {}

    std::uint64_t Next() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    // From 0 to `bound` - 1; `bound` is not 0.
    std::uint64_t Below(std::uint64_t bound) noexcept {
        return (choices_.empty() ? Next() : Chosen(bound - 1)) % bound;
    }

    bool Chance(double probability) noexcept {
        if (!choices_.empty()) return static_cast<double>(Chosen(255)) < probability * 256;
        return static_cast<double>(Next() >> 11) < probability * static_cast<double>(std::uint64_t{1} << 53);
    }

private:
    // As many bytes as a number up to `most` has.
    std::uint64_t Chosen(std::uint64_t most) noexcept {
        std::uint64_t number = 0;
        for (; most > 0 && !choices_.empty(); most >>= 8) {
            number = number << 8 | choices_.front();
            choices_ = choices_.subspan(1);
        }
        return number;
    }

    std::span<const std::uint8_t> choices_;
    std::uint64_t state_;
};

}  // namespace iocp::detail
