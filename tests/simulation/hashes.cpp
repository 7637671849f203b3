// SPDX-License-Identifier: MIT
// Prints what a hundred simulated evenings come to: the same for every compiler and system (tests/run compares).
#include "evenings.h"

#include <cstdio>

int main() {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const Play play = seed % 2 == 0 ? Play::Chat : Play::Proxy;
        const Evening evening = Perform(play, seed);
        std::printf("%s %llu %016llx\n", std::string(NameOf(play)).c_str(), static_cast<unsigned long long>(seed),
                    static_cast<unsigned long long>(evening.hash));
    }
}
