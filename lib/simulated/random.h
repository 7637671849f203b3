// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace iocp::detail {

// Numbers that depend on the seed only, on every system: the standard's distributions differ between libraries.
// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
class Random {
public:
    explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t Next() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    // From 0 to `bound` - 1; `bound` is not 0.
    std::uint64_t Below(std::uint64_t bound) noexcept { return Next() % bound; }

    bool Chance(double probability) noexcept {
        return static_cast<double>(Next() >> 11) < probability * static_cast<double>(std::uint64_t{1} << 53);
    }

private:
    std::uint64_t state_;
};

}  // namespace iocp::detail
