// SPDX-License-Identifier: MIT
// What the storms share: programs that use the library as nobody should, and demand that it keeps its promises.
#pragma once

#include "support/platform.h"

#include <iocp/iocp.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace storm {

using namespace std::chrono_literals;
using iocp_test::OpenDescriptors;

// A promise is broken: says so and ends the process at once, from any thread.
[[noreturn]] void Fail(const std::string& what);

// Fails unless no descriptor was opened since there were `before`; the system may need a moment to let go of the last.
void DemandDescriptors(std::size_t before, const std::string& when);

// Ends the process as a failure when it has not been told to expect something else for too long.
class Watchdog {
public:
    Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog();

    void Expect(const std::string& what, std::chrono::seconds within = 120s);

private:
    void Watch();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::string expected_ = "nothing";
    std::chrono::steady_clock::time_point limit_;
    bool ended_ = false;
    std::thread thread_;
};

// A number that only grows, and that threads wait for. (std::atomic's own wait hangs in programs of MinGW.)
class Tally {
public:
    // The number after it.
    std::uint64_t Add();

    void WaitFor(std::uint64_t at_least) const;
    [[nodiscard]] std::uint64_t Value() const;

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable grown_;
    std::uint64_t value_ = 0;
};

// SplitMix64: a few bytes, so that every client has its own.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t operator()() {
        std::uint64_t value = state_ += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
    std::size_t Below(std::size_t limit) { return (*this)() % limit; }
    std::chrono::nanoseconds UpTo(std::chrono::nanoseconds longest) {
        return std::chrono::nanoseconds(Below(static_cast<std::size_t>(longest.count())));
    }

private:
    std::uint64_t state_;
};

// The book of all awaited calls.
struct Ledger {
    std::atomic<std::uint64_t> begun = 0;
    std::atomic<std::uint64_t> ended = 0;
    std::atomic<std::uint64_t> destroyed = 0;              // with the coroutine that waited
    std::array<std::atomic<std::uint64_t>, 8> outcomes{};  // of those that ended

    // Those that did something: neither refused, nor waited in vain.
    [[nodiscard]] std::uint64_t Served() const {
        return ended - With(iocp::Outcome::Stopped) - With(iocp::Outcome::Timeout) - With(iocp::Outcome::SystemError);
    }
    [[nodiscard]] std::uint64_t With(iocp::Outcome outcome) const {
        return outcomes[static_cast<std::size_t>(outcome)];
    }
    void DemandBalance() const;
};

// Calls against their own limits, which follow from how the races before ended: so on any machine both ends come about.
class Races {
public:
    [[nodiscard]] std::chrono::nanoseconds Limit(Random& random) const {
        const std::chrono::nanoseconds usual(usual_.load());
        return usual / 2 + random.UpTo(usual);
    }
    void Count(const iocp::Result& result);
    void DemandBothEnds() const;

    [[nodiscard]] std::uint64_t Won() const { return won_; }
    [[nodiscard]] std::uint64_t Lost() const { return lost_; }

private:
    static constexpr std::int64_t kShortest = 1'000;  // nanoseconds
    static constexpr std::int64_t kLongest = 20'000'000;
    static constexpr std::uint64_t kEnough = 2'000;

    std::atomic<std::int64_t> usual_ = 200'000;
    std::atomic<std::uint64_t> won_ = 0;
    std::atomic<std::uint64_t> lost_ = 0;  // timed out
};

// One awaited call in the book: it lives in the coroutine beside the co_await.
class Entry {
public:
    explicit Entry(Ledger& ledger) : ledger_(ledger) { ++ledger_.begun; }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() {
        if (!ended_) ++ledger_.destroyed;
    }

    void Ended(const iocp::Result& result, bool may_be_refused = false) {
        if (ended_) Fail("an operation ended twice");
        if (result.Why() == iocp::Outcome::SystemError && !may_be_refused) Fail(result.Message());
        ended_ = true;
        ++ledger_.outcomes.at(static_cast<std::size_t>(result.Why()));
        ++ledger_.ended;
    }

private:
    Ledger& ledger_;
    bool ended_ = false;
};

// A core that prints nothing, and whose pools must be full when its last handler has ended.
class QuietCore : public IOCP_CORE {
public:
    using IOCP_CORE::IOCP_CORE;
    ~QuietCore() override { Stop(); }

protected:
    void OnStart() override {}
    void OnStop() override;
    void OnError(const iocp::HandlerError& error) noexcept override;
};

struct Settings {
    std::uint64_t count;
    std::uint64_t seed;
    iocp::EngineKind engine;
};

void RunOperations(const Settings& settings, Watchdog& watchdog);
void RunCycles(const Settings& settings, Watchdog& watchdog);
void RunThrows(const Settings& settings, Watchdog& watchdog);
void RunChildren(const Settings& settings, Watchdog& watchdog);
void RunPosts(const Settings& settings, Watchdog& watchdog);
void RunBroadcast(const Settings& settings, Watchdog& watchdog);
void RunDrips(const Settings& settings, Watchdog& watchdog);

}  // namespace storm
