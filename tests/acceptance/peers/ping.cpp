// SPDX-License-Identifier: MIT
#include "talker.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <vector>

namespace load {

namespace {

// Clients that take turns to say something, so that all together say it evenly, and what each waits for its answer.
class Pingers {
public:
    Pingers(const Target& target, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) pingers_.emplace_back(*this, target, i);
        if (!loop_.Until([this] { return connected_ == pingers_.size(); }, 10s)) Fail("pingers wait to connect");
    }

    // Each pings every `pause`.
    void PingFor(std::chrono::seconds duration, std::chrono::milliseconds pause) {
        const auto begin = Clock::now();
        const auto gap = std::chrono::nanoseconds(pause) / pingers_.size();
        for (std::size_t turn = 0; Clock::now() < begin + duration; ++turn) {
            while (Clock::now() < begin + gap * turn) loop_.Turn(1ms);
            pingers_[turn % pingers_.size()].Ping();
        }
        if (!loop_.Until([this] { return answered_ == waits_.size(); }, 10s)) Fail("pings are not answered");
    }

    // In seconds, from the shortest on.
    [[nodiscard]] std::vector<double> Waits() const {
        std::vector<double> sorted = waits_;
        std::ranges::sort(sorted);
        return sorted;
    }

private:
    struct Pinger {
        Pinger(Pingers& of, const Target& target, std::uint64_t number)
            : all(of), talker(of.loop_, target, number, 1, changed) {}

        // One that still waits is not asked again, and its wait goes on.
        void Ping() {
            if (talker.Now() != Talker::State::Silent) return;
            place = all.waits_.size();
            all.waits_.push_back(0);
            begin = Clock::now();
            talker.Say();
        }

        Pingers& all;
        const Talker::Changed changed = [this](Talker& of) { all.OnChanged(*this, of); };
        Talker talker;
        std::size_t place = 0;
        Clock::time_point begin;
    };

    void OnChanged(Pinger& pinger, Talker& talker) {
        if (talker.Messages() == 0) {
            ++connected_;
        } else {
            waits_[pinger.place] = SecondsSince(pinger.begin);
            ++answered_;
        }
    }

    Loop loop_;
    std::deque<Pinger> pingers_;
    std::size_t connected_ = 0;
    std::size_t answered_ = 0;
    std::vector<double> waits_;
};

}  // namespace

void Ping(const Target& target, const Arguments& arguments) {
    const auto clients = NumberIn(arguments, 0, 100);
    const std::chrono::seconds duration(NumberIn(arguments, 1, 10));
    LimitTime(duration + 60s);

    Pingers pingers(target, clients);
    pingers.PingFor(duration, 100ms);
    const std::vector<double> waits = pingers.Waits();
    const auto share = [&](double part) {
        return waits[static_cast<std::size_t>(part * static_cast<double>(waits.size() - 1))] * 1e3;
    };
    std::printf("ping %llu clients: %zu answers, median %.2f ms, p99 %.2f ms, longest %.2f ms\n",
                static_cast<unsigned long long>(clients), waits.size(), share(0.5), share(0.99), share(1));
}

}  // namespace load
