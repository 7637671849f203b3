// SPDX-License-Identifier: MIT
#include "talker.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <vector>

namespace load {

namespace {

constexpr auto kQuiet = 500ms;     // without a newly served client: the server is full
constexpr auto kLongestWait = 1s;  // of a waiting client once there is room

// More clients than the server can hold. Each talks as soon as it is connected, so those that the server has not
// accepted yet wait for their bytes.
class Queue {
public:
    Queue(const Target& target, std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) talkers_.emplace_back(loop_, target, i, 1, changed_);
        waiting_ = talkers_.size();
    }

    [[nodiscard]] std::size_t Served() const { return served_.size(); }
    [[nodiscard]] std::size_t Waiting() const { return waiting_; }
    [[nodiscard]] double SlowestAnswer() const { return slowest_answer_; }

    void FillUp() {
        std::size_t before;
        do {
            before = served_.size();
            loop_.Until([] { return false; }, kQuiet);
        } while (served_.size() > before);
        if (served_.empty()) Fail("no client is served");
    }

    // The clients that are served say something, one every `pause`, for `duration`.
    void TalkFor(std::chrono::seconds duration, std::chrono::milliseconds pause) {
        const auto end = Clock::now() + duration;
        for (std::size_t turn = 0; Clock::now() < end; ++turn) {
            Talker& talker = *served_[turn % served_.size()];
            const auto begin = Clock::now();
            talker.Say();
            if (!loop_.Until([&] { return talker.Now() == Talker::State::Silent; }, 1s))
                Fail("a client that is served waits");
            slowest_answer_ = std::max(slowest_answer_, SecondsSince(begin));
            loop_.Until([] { return false; }, pause);
        }
    }

    // One client leaves. How long the next one waits for its bytes then.
    double Advance() {
        const std::size_t waiting = waiting_;
        served_.front()->Hang();
        served_.pop_front();
        const auto begin = Clock::now();
        if (!loop_.Until([&] { return waiting_ < waiting; }, kLongestWait))
            Fail("there is room, but nobody was served for a second; still waiting: " + std::to_string(waiting));
        return SecondsSince(begin);
    }

private:
    void OnChanged(Talker& talker) {
        if (talker.Now() != Talker::State::Silent) return;
        if (talker.Messages() == 0) return talker.Say();
        if (talker.Messages() > 1) return;
        served_.push_back(&talker);
        --waiting_;
    }

    Loop loop_;
    const Talker::Changed changed_ = [this](Talker& talker) { OnChanged(talker); };
    std::deque<Talker> talkers_;
    std::deque<Talker*> served_;
    std::size_t waiting_ = 0;
    double slowest_answer_ = 0;
};

}  // namespace

void Full(const Target& target, const Arguments& arguments) {
    const auto clients = NumberIn(arguments, 0, 500);
    const std::chrono::seconds duration(NumberIn(arguments, 1, 10));
    LimitTime(duration + 600s);

    Queue queue(target, clients);
    queue.FillUp();
    const std::size_t served = queue.Served();
    const std::size_t waiting = queue.Waiting();
    if (waiting == 0) Fail("the server holds all clients: it is not full");

    // Whoever measures the server does it between these two lines.
    std::printf("full\n");
    std::fflush(stdout);
    queue.TalkFor(duration, 20ms);
    std::printf("measured\n");
    std::fflush(stdout);

    std::vector<double> waits;
    while (queue.Waiting() > 0) waits.push_back(queue.Advance());
    std::ranges::sort(waits);
    std::printf(
        "full %zu clients: %zu served, %zu waiting, slowest answer while full %.1f ms, next served after %.1f ms "
        "(median), %.1f ms (longest)\n",
        served + waiting, served, waiting, queue.SlowestAnswer() * 1e3, waits[waits.size() / 2] * 1e3,
        waits.back() * 1e3);
}

}  // namespace load
