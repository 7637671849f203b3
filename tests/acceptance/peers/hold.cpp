// SPDX-License-Identifier: MIT
#include "talker.h"

#include <cstdio>
#include <deque>
#include <string>

namespace load {

namespace {

constexpr std::size_t kMostConnecting = 500;  // fewer than the server's backlog

// Many clients, of whom all do the same at once.
class Crowd {
public:
    Crowd(const Target& target, unsigned sources) : target_(target), sources_(sources) {}

    void Connect(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            talkers_.emplace_back(loop_, target_, i, sources_, changed_);
            Await(i < kMostConnecting ? 0 : i - kMostConnecting, "connect");
        }
        Await(count, "connect");
    }
    void Say() {
        changes_ = 0;
        for (Talker& talker : talkers_) talker.Say();
        Await(talkers_.size(), "get their bytes back");
    }
    void Leave() {
        changes_ = 0;
        for (Talker& talker : talkers_) talker.Leave();
        Await(talkers_.size(), "be let go");
    }

private:
    void Await(std::size_t changes, const char* what) {
        if (loop_.Until([&] { return changes_ >= changes; }, 60s)) return;
        Fail("clients still wait to " + std::string(what) + ": " + std::to_string(changes - changes_));
    }

    const Target& target_;
    const unsigned sources_;
    Loop loop_;
    std::size_t changes_ = 0;
    const Talker::Changed changed_ = [this](Talker&) { ++changes_; };
    std::deque<Talker> talkers_;
};

// Tells what has been reached. In steps: goes on when a line comes on standard input.
void Reached(const char* what, Clock::time_point begin, bool in_steps) {
    std::printf("%s %.2f s%s", what, SecondsSince(begin), in_steps ? "\n" : ", ");
    std::fflush(stdout);
    if (!in_steps) return;
    int character;
    do character = std::getchar();
    while (character != '\n' && character != EOF);
}

}  // namespace

void Hold(const Target& target, const Arguments& arguments) {
    const auto count = NumberIn(arguments, 0, 10'000);
    const bool in_steps = arguments.size() > 1 && arguments[1] == "steps";
    LimitTime(in_steps ? 600s : 240s);
    Crowd crowd(target, static_cast<unsigned>(NumberIn(arguments, 2, 1)));
    if (!in_steps) std::printf("hold %llu clients: ", static_cast<unsigned long long>(count));

    auto begin = Clock::now();
    crowd.Connect(count);
    Reached("connected", begin, in_steps);
    begin = Clock::now();
    crowd.Say();
    Reached("echoed", begin, in_steps);
    begin = Clock::now();
    crowd.Say();
    Reached("echoed again", begin, in_steps);
    begin = Clock::now();
    crowd.Leave();
    Reached("left", begin, in_steps);
    std::printf("%llu bytes right\n", static_cast<unsigned long long>(2 * Talker::kMessage * count));
}

}  // namespace load
