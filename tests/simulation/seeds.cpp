// SPDX-License-Identifier: MIT
// Plays an evening for each of many seeds:  simulation_seeds PLAY FIRST COUNT
// Prints what happened in them, and the first that went wrong: its seed, the complaints and the report.
#include "evenings.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace {

// So many evenings meet everything that they are meant to meet.
constexpr std::uint64_t kEnough = 100;

bool Parse(const char* text, std::uint64_t& number) {
    const char* const end = text + std::strlen(text);
    return std::from_chars(text, end, number).ptr == end;
}

void PrintFirst(std::uint64_t seed, const Evening& evening) {
    std::printf("seed %llu:\n", static_cast<unsigned long long>(seed));
    for (const std::string& complaint : evening.complaints) std::printf("  %s\n", complaint.c_str());
    std::printf("%s", evening.report.c_str());
}

std::string Json(const Tally& tally) {
    std::string text;
    for (const auto& [name, times] : tally) {
        text += text.empty() ? "{\"" : ", \"";
        text.append(name).append("\": ").append(std::to_string(times));
    }
    return text + "}";
}

int Run(Play play, std::uint64_t first, std::uint64_t count) {
    const std::clock_t begin = std::clock();
    std::uint64_t violations = 0;
    Tally tally;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const Evening evening = Perform(play, seed);
        for (const auto& [name, times] : evening.tally) tally[name] += times;
        if (evening.complaints.empty()) continue;
        if (violations++ == 0) PrintFirst(seed, evening);
    }
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    std::printf("%llu seeds of %s: %llu violations, faults %s, %.1f s\n", static_cast<unsigned long long>(count),
                std::string(NameOf(play)).c_str(), static_cast<unsigned long long>(violations), Json(tally).c_str(),
                seconds);
    bool all_met = true;
    for (const auto& [name, times] : tally) {
        if (times > 0 || count < kEnough) continue;
        std::printf("%s did not happen\n", std::string(name).c_str());
        all_met = false;
    }
    return violations == 0 && all_met ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    const auto play =
        std::find_if(kPlays.begin(), kPlays.end(), [&](Play each) { return argc == 4 && NameOf(each) == argv[1]; });
    if (play == kPlays.end() || !Parse(argv[2], first) || !Parse(argv[3], count) || count == 0) {
        std::fprintf(stderr, "usage: simulation_seeds chat|proxy|forgetful_chat|hasty_proxy FIRST COUNT\n");
        return 2;
    }
    return Run(*play, first, count);
}
