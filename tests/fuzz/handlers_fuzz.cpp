// SPDX-License-Identifier: MIT
// Plays an evening of the chat or of the proxy as the input says: what the guests do, and all that the network does.
#include "simulation/evenings.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace {

constexpr std::size_t kMostGuests = 3;

void Require(Play play, const Evening& evening) {
    if (evening.complaints.empty()) return;
    for (const std::string& complaint : evening.complaints)
        std::fprintf(stderr, "broken in %s: %s\n", std::string(NameOf(play)).c_str(), complaint.c_str());
    std::fprintf(stderr, "%s", evening.report.c_str());
    std::abort();
}

}  // namespace

// The first byte: the play. The second: how many of the others are for the guests; the rest is for the network.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::span<const std::uint8_t> input(data + 2, size - 2);
    const Play play = data[0] % 2 == 0 ? Play::Chat : Play::Proxy;
    const auto guests = input.first(std::min<std::size_t>(input.size(), data[1]));
    iocp::Simulation sim(input.subspan(guests.size()));
    Random chance(guests, 0);
    Require(play, Perform(play, sim, chance, kMostGuests));
    return 0;
}
