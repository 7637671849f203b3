// SPDX-License-Identifier: MIT
#include "moody_host.h"
#include "storm.h"
#include "support/ledger.h"
#include "support/temporary_file.h"

#include <iocp/file.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace storm {

namespace {

constexpr std::size_t kVisitors = 48;            // clients at a time over TCP; half as many over UDP
constexpr std::uint64_t kCallsInRound = 20'000;  // at most, before each stop, where few are asked for
constexpr std::size_t kLongestMessage = 20'000;

// What visitors say parts of, from its file.
class Book {
public:
    explicit Book(Random random) : bytes_(2 * kLongestMessage) {
        for (std::byte& each : bytes_) each = static_cast<std::byte>(random());
        const iocp_test::TemporaryFile on_disk(
            std::string_view(reinterpret_cast<const char*>(bytes_.data()), bytes_.size()));
        auto opened = iocp::File::Open(on_disk.Path());
        if (!opened) Fail("the book does not open: " + opened.Message());
        file_.emplace(std::move(*opened));
    }

    [[nodiscard]] std::span<const std::byte> Bytes() const { return bytes_; }
    [[nodiscard]] const iocp::File& File() const { return *file_; }

private:
    std::vector<std::byte> bytes_;
    std::optional<iocp::File> file_;
};

// One visit to the server after the other, until this core stops.
class Visitors {
public:
    Visitors(Ledger& ledger, const iocp::Endpoint& tcp, const iocp::Endpoint& udp, std::uint64_t seed)
        : ledger_(ledger), tcp_(tcp), udp_(udp), book_(Random(seed)) {}

    iocp::Task<> VisitOften(iocp::Transport transport, std::uint64_t seed) {
        Random random(seed);
        const iocp::Endpoint remote = transport == iocp::Transport::Tcp ? tcp_ : udp_;
        bool more = true;
        while (more) {
            Entry entry(ledger_);
            const auto server = co_await iocp::Connect(remote, transport, 20s);
            entry.Ended(server, true);
            more = server.Why() != iocp::Outcome::Stopped;
            if (more && !server) co_await iocp::Sleep(20ms);  // the server has stopped: nobody is to ask all the time
            // A port where nobody listens any more may be the one that the system takes for this side: nobody is there
            // but ourselves then.
            if (server && server->Local() != remote) co_await Visit(*server, random);
        }
    }

private:
    static Mood MoodFor(Random& random) {
        const std::size_t rare = random.Below(100);
        if (rare == 0) return Mood::Deaf;
        return rare <= 2 ? Mood::Stubborn : static_cast<Mood>(random.Below(kUsualMoods));
    }

    iocp::Task<> Visit(IOCP_Client& server, Random& random) {
        const auto mood = MoodFor(random);
        const bool lossy = server.Transport() == iocp::Transport::Udp;
        const std::size_t last = 1 + random.Below(6);
        for (std::size_t turn = 0; turn < last; ++turn) {
            std::vector<std::byte> message(1 + random.Below(lossy ? 1'000 : kLongestMessage));
            for (std::byte& each : message) each = static_cast<std::byte>(random());
            if (turn == 0) message.front() = static_cast<std::byte>(mood);
            if (!co_await Say(server, message, !lossy && turn > 0 && random.Below(3) == 0, random)) co_return;
            if (turn + 1 == last && random.Below(2) == 0) break;  // leaves without waiting for the answer
            const auto expected = std::span(message).subspan(turn == 0 ? 1 : 0);
            if (!co_await Hear(server, expected, mood)) co_return;
        }
        // Bytes that nobody read make a reset of it.
        if (random.Below(2) == 0) server.Close();
    }

    // As it is, or in place of it as much from the book.
    iocp::Task<bool> Say(IOCP_Client& server, std::span<std::byte> message, bool from_book, Random& random) {
        Entry entry(ledger_);
        iocp::Result sent;
        if (from_book) {
            const std::size_t page = random.Below(kLongestMessage);
            std::ranges::copy(book_.Bytes().subspan(page, message.size()), message.begin());
            sent = co_await server.SendFile(book_.File(), page, message.size());
        } else {
            sent = co_await server.Send(message);
        }
        entry.Ended(sent);
        co_return static_cast<bool>(sent);
    }

    iocp::Task<bool> Hear(IOCP_Client& server, std::span<const std::byte> expected, Mood mood) {
        const bool udp = server.Transport() == iocp::Transport::Udp;
        const bool must_come = !udp && Answers(mood);
        const auto limit = must_come ? 60'000ms : 20ms;
        while (!expected.empty()) {
            Entry entry(ledger_);
            const auto answer = co_await server.Recv().Within(limit);
            entry.Ended(answer);
            if (answer.Why() == iocp::Outcome::Timeout && must_come) Fail("no answer came");
            if (!answer) co_return false;
            // A UDP port may have belonged to a visitor with another mood before.
            if (!must_come || mood == Mood::Floods) co_return true;
            if (answer.size() > expected.size() || !std::equal(answer.begin(), answer.end(), expected.begin()))
                Fail("a wrong answer came");
            expected = expected.subspan(answer.size());
        }
        co_return true;
    }

    Ledger& ledger_;
    const iocp::Endpoint tcp_;
    const iocp::Endpoint udp_;
    const Book book_;
};

// Closes clients from outside, at random.
void KillUntil(const std::atomic<bool>& ended, const IOCP_CORE& core, Random random) {
    while (!ended) {
        core.ForEachClient([&](IOCP_Client& client) {
            if (random.Below(200) == 0) client.Close();
        });
        std::this_thread::sleep_for(random.UpTo(1ms));
    }
}

// The library's own count of what there is, in builds that have one.
void DemandNoCoroutines() {
#ifdef IOCP_CORE_CHECKS
    const std::size_t live = iocp::detail::LiveCoroutines();
    if (live != 0) Fail("coroutines left after a stop: " + std::to_string(live));
#endif
}

// What one run of the storm writes down.
struct Record {
    Ledger ledger;                    // awaited calls
    iocp_test::LedgerNetwork kernel;  // operations that were handed to engines
    Census census;
    Races races;
    std::size_t unwound = 0;
    std::size_t stops = 0;
    std::size_t descriptors = 0;

    void DemandRest() {
        ledger.DemandBalance();
        const auto operations = kernel.Sum();
        if (operations.issued != operations.Finished()) Fail("operations of engines: " + kernel.Json());
        if (kernel.BuffersOut() != 0) Fail("buffers lent after a stop: " + std::to_string(kernel.BuffersOut()));
        if (census.made != census.deleted) Fail("clients made and deleted differ");
        // On a machine that is too busy a handler may need more than its second to return, and goes the same way.
        const std::size_t stuck = census.stuck;
        if (unwound < stuck || unwound > 2 * stuck + 10)
            Fail("handlers that were stuck " + std::to_string(stuck) + ", unwound " + std::to_string(unwound));
        DemandNoCoroutines();
        // The first round opens what stays open: a directory, a library.
        if (stops++ == 0) descriptors = OpenDescriptors();
        DemandDescriptors(descriptors, "after stop " + std::to_string(stops));
    }

    void Print(std::uint64_t seed) const;
};

// Both cores run until `enough` calls were served; then both are stopped in the middle of everything.
void Round(const Settings& settings, Record& record, std::uint64_t enough, Random& random) {
    Ledger& ledger = record.ledger;
    const auto host = std::make_shared<MoodyHost>(ledger, record.census, record.races);
    iocp::Options options;
    options.engine = settings.engine;
    options.network = &record.kernel;
    iocp::Listener udp(0, 2, host, iocp::Transport::Udp, "127.0.0.1");
    udp.limits.idle = 50ms;
    QuietCore server({{0, 1, host, iocp::Transport::Tcp, "127.0.0.1"}, udp}, options);
    server.Start(2);

    Visitors visitors(ledger, server.Listening(0), server.Listening(1), random());
    QuietCore clients(std::vector<iocp::Listener>{}, options);
    clients.Start(2);
    for (std::size_t i = 0; i < kVisitors; ++i) {
        clients.Spawn(visitors.VisitOften(iocp::Transport::Tcp, random()));
        if (i % 2 == 0) clients.Spawn(visitors.VisitOften(iocp::Transport::Udp, random()));
    }

    std::atomic<bool> ended = false;
    std::thread killer([&, seed = random()] { KillUntil(ended, server, Random(seed)); });
    const std::uint64_t refused = ledger.With(iocp::Outcome::SystemError);
    while (ledger.Served() < enough) std::this_thread::sleep_for(random.UpTo(2ms));
    if (ledger.With(iocp::Outcome::SystemError) != refused) Fail("connections were refused while the server ran");
    const bool server_first = random.Below(2) == 0;
    const auto drain = std::chrono::milliseconds(random.Below(5));
    (server_first ? server : clients).Stop(drain);
    (server_first ? clients : server).Stop(drain);
    ended = true;
    killer.join();
    record.unwound += server.Counters().handlers_unwound;
}

void Record::Print(std::uint64_t seed) const {
    std::printf("%llu calls in %zu rounds, seed %llu: each ended once (", static_cast<unsigned long long>(ledger.begun),
                stops, static_cast<unsigned long long>(seed));
    for (std::size_t i = 0; i < ledger.outcomes.size(); ++i) {
        const auto name = iocp::ToString(static_cast<iocp::Outcome>(i));
        std::printf("%s%.*s %llu", i == 0 ? "" : ", ", static_cast<int>(name.size()), name.data(),
                    static_cast<unsigned long long>(ledger.outcomes[i]));
    }
    std::printf(
        ", destroyed %llu); races with a limit won %llu, lost %llu; %llu clients made and deleted, %zu handlers "
        "unwound; descriptors back at %zu\n%s\n",
        static_cast<unsigned long long>(ledger.destroyed), static_cast<unsigned long long>(races.Won()),
        static_cast<unsigned long long>(races.Lost()), static_cast<unsigned long long>(census.made), unwound,
        descriptors, kernel.Json().c_str());
}

}  // namespace

void RunOperations(const Settings& settings, Watchdog& watchdog) {
    Random random(settings.seed);
    Record record;
    const Ledger& ledger = record.ledger;
    const std::uint64_t in_round = std::max(std::min(kCallsInRound, settings.count / 2 + 1), settings.count / 100);
    while (ledger.Served() < settings.count) {
        watchdog.Expect("round " + std::to_string(record.stops), 240s);
        Round(settings, record, ledger.Served() + 1 + random.Below(in_round), random);
        record.DemandRest();
    }
    record.races.DemandBothEnds();
    record.Print(settings.seed);
}

}  // namespace storm
