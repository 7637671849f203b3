// SPDX-License-Identifier: MIT
#include "talker.h"

#include <algorithm>
#include <cstdio>
#include <list>

namespace load {

namespace {

constexpr unsigned kSources = 8;  // each has ports for some 28,000 connections a minute

}  // namespace

void Churn(const Target& target, const Arguments& arguments) {
    const auto cycles = NumberIn(arguments, 0, 100'000);
    const auto at_once = NumberIn(arguments, 1, 64);
    LimitTime(1800s);

    std::uint64_t begun = 0;
    std::uint64_t ended = 0;
    std::uint64_t ended_before = 0;
    const Talker::Changed changed = [&](Talker& talker) {
        if (talker.Now() == Talker::State::Gone) {
            ++ended;
        } else if (talker.Now() == Talker::State::Silent) {
            talker.Messages() > 0 ? talker.Leave() : talker.Say();
        }
    };

    Loop loop;
    std::list<Talker> talkers;
    const auto begin = Clock::now();
    auto last_progress = begin;
    while (ended < cycles) {
        while (talkers.size() < at_once && begun < cycles)
            talkers.emplace_back(loop, target, begun++, kSources, changed);
        loop.Turn(100ms);
        talkers.remove_if([](const Talker& talker) { return talker.Now() == Talker::State::Gone; });
        if (ended != std::exchange(ended_before, ended)) last_progress = Clock::now();
        if (Clock::now() - last_progress > 20s) Fail("no client came further, at cycle " + std::to_string(ended));
    }
    const double seconds = SecondsSince(begin);
    std::printf("churn %llu cycles, %llu at once: all right, %.1f s, %.0f cycles/s\n",
                static_cast<unsigned long long>(cycles), static_cast<unsigned long long>(at_once), seconds,
                static_cast<double>(cycles) / seconds);
}

}  // namespace load
