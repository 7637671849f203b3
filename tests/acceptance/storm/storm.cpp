// SPDX-License-Identifier: MIT
#include "storm.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <system_error>

namespace storm {

void Fail(const std::string& what) {
    std::fprintf(stderr, "FAILED: %s\n", what.c_str());
    std::fflush(stderr);
    std::abort();
}

void DemandDescriptors(std::size_t before, const std::string& when) {
    const auto limit = std::chrono::steady_clock::now() + 10s;
    std::size_t now;
    while ((now = OpenDescriptors()) > before + iocp_test::LateDescriptors()) {
        if (std::chrono::steady_clock::now() > limit)
            Fail(when + ": " + std::to_string(before) + " descriptors before, now " + std::to_string(now));
        std::this_thread::sleep_for(10ms);
    }
}

Watchdog::Watchdog() : limit_(std::chrono::steady_clock::now() + 1h), thread_([this] { Watch(); }) {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Watchdog::Expect(const std::string& what, std::chrono::seconds within) {
    const std::lock_guard lock(mutex_);
    expected_ = what;
    limit_ = std::chrono::steady_clock::now() + within;
    changed_.notify_one();
}

void Watchdog::Watch() {
    std::unique_lock lock(mutex_);
    while (!ended_) {
        if (std::chrono::steady_clock::now() >= limit_) Fail("it hangs: " + expected_);
        changed_.wait_until(lock, limit_);
    }
}

std::uint64_t Tally::Add() {
    const std::lock_guard lock(mutex_);
    grown_.notify_all();
    return ++value_;
}

void Tally::WaitFor(std::uint64_t at_least) const {
    std::unique_lock lock(mutex_);
    grown_.wait(lock, [&] { return value_ >= at_least; });
}

std::uint64_t Tally::Value() const {
    const std::lock_guard lock(mutex_);
    return value_;
}

void Ledger::DemandBalance() const {
    if (begun == ended + destroyed) return;
    Fail("operations begun " + std::to_string(begun) + ", ended " + std::to_string(ended) + ", destroyed " +
         std::to_string(destroyed));
}

void Races::Count(const iocp::Result& result) {
    const bool lost = result.Why() == iocp::Outcome::Timeout;
    if (!result && !lost) return;
    ++(lost ? lost_ : won_);
    const std::int64_t usual = usual_;  // where two change it at once, one change is enough
    usual_ = std::clamp(lost ? usual + usual / 4 : usual - usual / 4, kShortest, kLongest);
}

void Races::DemandBothEnds() const {
    const std::uint64_t won = won_;
    const std::uint64_t lost = lost_;
    if (won + lost < kEnough)
        std::printf("only %llu races: too few to judge by\n", static_cast<unsigned long long>(won + lost));
    else if (std::min(won, lost) * 10 < won + lost)
        Fail("races won " + std::to_string(won) + ", lost " + std::to_string(lost) + ": one is under a tenth");
}

void QuietCore::OnStop() {
    if (OperationsInUse() != 0) Fail("operations in use at the stop: " + std::to_string(OperationsInUse()));
    if (ClientCount() != 0) Fail("clients in the table at the stop: " + std::to_string(ClientCount()));
}

void QuietCore::OnError(const iocp::HandlerError& error) noexcept { Fail("an error of a handler: " + error.Message()); }

namespace {

struct Command {
    std::string_view name;
    void (*run)(const Settings& settings, Watchdog& watchdog);
};

constexpr std::array<Command, 7> kCommands{{
    {"operations", &RunOperations},
    {"cycles", &RunCycles},
    {"throws", &RunThrows},
    {"children", &RunChildren},
    {"posts", &RunPosts},
    {"broadcast", &RunBroadcast},
    {"drips", &RunDrips},
}};

constexpr const char* kUsage =
    "usage: storm COMMAND COUNT [ENGINE [SEED]]\n"
    "  operations COUNT    awaited calls amid kills, resets, timeouts and stops: each ends exactly once\n"
    "  cycles COUNT        starts and stops under load, from everywhere: none hangs, nothing stays\n"
    "  throws COUNT        clients whose handlers throw: each error is told once, the server lives\n"
    "  children COUNT      clients with three coroutines, one of which ends first: none is left\n"
    "  posts COUNT         a thousand clients post to each other: none is lost but by the policy, the order is kept\n"
    "  broadcast SECONDS   to 5,000 clients, some of whom never read: all others are served, memory is bounded\n"
    "  drips COUNT         connections that drip: each is closed in time, and good clients keep their rate\n";

std::optional<std::uint64_t> NumberIn(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return number;
}

int Main(const std::vector<std::string_view>& words) {
    const auto word = [&](std::size_t index, std::string_view otherwise) {
        return index < words.size() ? words[index] : otherwise;
    };
    const auto command = std::ranges::find(kCommands, word(1, ""), &Command::name);
    const auto count = NumberIn(word(2, ""));
    const auto engine = iocp::ParseEngineKind(word(3, "auto"));
    const auto seed = NumberIn(word(4, "1"));
    if (command == kCommands.end() || !count || !engine || !seed) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    const Settings settings{*count, *seed, *engine};
    Watchdog watchdog;
    const auto begin = std::chrono::steady_clock::now();
    command->run(settings, watchdog);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    std::printf("%.1f s\n", taken.count());
    return 0;
}

}  // namespace

}  // namespace storm

int main(int count, char** texts) {
    try {
        return storm::Main({texts, texts + count});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "FAILED: %s\n", error.what());
        return 1;
    }
}
