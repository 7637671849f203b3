// SPDX-License-Identifier: MIT
#include "storm.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

namespace storm {

namespace {

constexpr std::size_t kGood = 100;
constexpr auto kPace = 20ms;  // of a good client's messages
constexpr auto kBaseline = 5s;
constexpr auto kGrace = 1s;  // within which a rule must have bitten
constexpr auto kFirstByte = 2s;
constexpr auto kIdle = 3s;
constexpr auto kWindow = 4s;
constexpr std::size_t kLeastRate = 100;  // bytes per second

class Echo final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv()) co_await client.Send(message);
    }
};

iocp::Task<> BeGood(iocp::Endpoint server, Tally& served, std::atomic<std::uint64_t>& answers) {
    const std::string words(64, 'x');
    auto connection = co_await iocp::Connect(server);
    if (!connection) Fail("no connection: " + connection.Message());
    std::uint64_t answers_of_it = 0;
    iocp::Every beat(kPace);
    while (co_await beat.Next()) {
        co_await connection->Send(words);
        const auto answer = co_await connection->RecvExactly(words.size());
        if (answer.Why() == iocp::Outcome::Stopped) co_return;
        if (!answer) Fail("a good client was ended: " + answer.Message());
        if (++answers_of_it == 1) served.Add();
        ++answers;
    }
}

// The rule that a drip breaks.
enum class Breaks : std::uint8_t { FirstByte, Idle, LeastRate };

struct Ends {
    Tally all;
    std::array<std::atomic<std::uint64_t>, 3> of{};
    std::array<std::atomic<std::int64_t>, 3> latest{};  // nanoseconds behind the limit

    // What the server waits for began between `begin` and `begun`.
    void Add(Breaks rule, std::chrono::steady_clock::time_point begin, std::chrono::steady_clock::time_point begun) {
        constexpr std::array<std::chrono::nanoseconds, 3> kLimits{kFirstByte, kIdle, kWindow};
        const auto limit = kLimits.at(static_cast<std::size_t>(rule));
        const auto now = iocp::Now();
        const std::chrono::nanoseconds late = now - begun - limit;
        if (now - begin < limit || late > kGrace)
            Fail("rule " + std::to_string(static_cast<int>(rule)) + " bit " +
                 std::to_string(std::chrono::duration<double>(late).count()) + " s behind its limit");
        const auto index = static_cast<std::size_t>(rule);
        ++of.at(index);
        auto known = latest.at(index).load();
        while (late.count() > known && !latest.at(index).compare_exchange_weak(known, late.count())) {
        }
        all.Add();
    }
};

iocp::Task<> Drip(iocp::Endpoint server, Breaks rule, Ends& ends) {
    auto begin = iocp::Now();
    auto connection = co_await iocp::Connect(server);
    if (!connection) Fail("no connection: " + connection.Message());
    if (rule != Breaks::FirstByte) {
        begin = iocp::Now();
        co_await connection->Send("x");
    }
    const auto begun = iocp::Now();
    iocp::Outcome why = iocp::Outcome::Ok;
    while (why == iocp::Outcome::Ok || why == iocp::Outcome::Timeout) {
        const auto answer = co_await connection->Recv().Within(500ms);
        why = answer.Why();
        if (rule == Breaks::LeastRate && why == iocp::Outcome::Timeout) co_await connection->Send("x");
    }
    if (why != iocp::Outcome::Stopped) ends.Add(rule, begin, begun);
}

}  // namespace

void RunDrips(const Settings& settings, Watchdog& watchdog) {
    watchdog.Expect("the drips", 300s);
    iocp::Options options;
    options.engine = settings.engine;
    iocp::Listener listener(0, 1, std::make_shared<Echo>(), iocp::Transport::Tcp, "127.0.0.1");
    listener.limits = {.first_byte = kFirstByte, .idle = kIdle, .least_rate = kLeastRate, .rate_window = kWindow};
    listener.backlog = 4'096;
    QuietCore server({listener}, options);
    server.Start(1);

    std::atomic<std::uint64_t> answers = 0;
    Tally served;
    QuietCore good(std::vector<iocp::Listener>{}, options);
    for (std::size_t i = 0; i < kGood; ++i) good.Spawn(BeGood(server.Listening(), served, answers));
    good.Start(1);
    served.WaitFor(kGood);
    const auto rate_from = [&](std::uint64_t before, std::chrono::steady_clock::time_point begin) {
        return static_cast<double>(answers - before) /
               std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    const std::uint64_t quiet = answers;
    const auto quiet_since = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(kBaseline);
    const double baseline = rate_from(quiet, quiet_since);

    Ends ends;
    QuietCore drips(std::vector<iocp::Listener>{}, options);
    for (std::uint64_t i = 0; i < settings.count; ++i)
        drips.Spawn(Drip(server.Listening(), static_cast<Breaks>(i % 3), ends));
    const std::uint64_t busy = answers;
    const auto busy_since = std::chrono::steady_clock::now();
    drips.Start(1);
    ends.all.WaitFor(settings.count);
    const double rate = rate_from(busy, busy_since);
    drips.Stop(0ms);
    good.Stop(0ms);
    server.Stop(0ms);

    const iocp::Counters counters = server.Counters();
    if (counters.ended_first_byte != ends.of[0] || counters.ended_idle != ends.of[1] ||
        counters.ended_slow != ends.of[2])
        Fail("the counters of the rules are not those of the clients");
    if (rate < 0.95 * baseline)
        Fail("the good clients' rate fell from " + std::to_string(baseline) + " to " + std::to_string(rate));
    std::printf(
        "%llu drips: each closed under its rule, at the latest %.2f s (first_byte), %.2f s (idle), %.2f s (least_rate) "
        "behind its limit; %zu good clients had %.0f answers a second before and %.0f meanwhile; ",
        static_cast<unsigned long long>(settings.count), static_cast<double>(ends.latest[0]) / 1e9,
        static_cast<double>(ends.latest[1]) / 1e9, static_cast<double>(ends.latest[2]) / 1e9, kGood, baseline, rate);
}

}  // namespace storm
