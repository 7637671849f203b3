// SPDX-License-Identifier: MIT
#include "storm.h"

#include <cstdio>
#include <functional>
#include <memory>
#include <utility>

namespace storm {

namespace {

constexpr std::size_t kVisitors = 50;

// One coroutine that lives: in its frame.
class Alive {
public:
    explicit Alive(std::atomic<std::int64_t>& count) : count_(count) { ++count_; }
    Alive(const Alive&) = delete;
    Alive& operator=(const Alive&) = delete;
    ~Alive() { --count_; }

private:
    std::atomic<std::int64_t>& count_;
};

struct Parent final : IOCP_Client {
    iocp::Event writer_ends;
    iocp::Event heart_stops;
};

// A reader, a writer and a heartbeat for each client. The client says which of them is to end first; then all do.
class Family final : public iocp::ProtocolFor<Parent> {
public:
    std::atomic<std::int64_t> alive = 0;
    Tally gone;

private:
    iocp::Task<> ProcedureClient(Parent& client) override {
        const Alive self(alive);
        if (client.Id() % 2 == 0) {
            co_await iocp::Race(Read(client), Write(client), Beat(client));
        } else {
            client.Spawn(&Family::WriteThenClose, this, std::ref(client));
            client.Spawn(&Family::BeatThenClose, this, std::ref(client));
            co_await Read(client);
        }
    }

    void DeleteClient(Parent&) override { gone.Add(); }

    iocp::Task<> Read(Parent& client) {
        const Alive self(alive);
        while (const auto message = co_await client.RecvExactly(1)) {
            if (message.Text() == "r") co_return;
            if (message.Text() == "w") client.writer_ends.Set();
            if (message.Text() == "h") client.heart_stops.Set();
        }
    }

    iocp::Task<> Write(Parent& client) {
        const Alive self(alive);
        co_await client.Send("hello");
        co_await client.writer_ends.Wait();
    }

    iocp::Task<> Beat(Parent& client) {
        const Alive self(alive);
        iocp::Outcome why = iocp::Outcome::Timeout;
        while (why == iocp::Outcome::Timeout) {
            const auto stopped = co_await client.heart_stops.Wait().Within(20ms);
            why = stopped.Why();
            if (why == iocp::Outcome::Timeout) co_await client.Send("beat");
        }
    }

    iocp::Task<> WriteThenClose(Parent& client) {
        const Alive self(alive);
        co_await Write(client);
        client.Close();
    }

    iocp::Task<> BeatThenClose(Parent& client) {
        const Alive self(alive);
        co_await Beat(client);
        client.Close();
    }
};

iocp::Task<> VisitFamilies(iocp::Endpoint remote, std::atomic<std::uint64_t>& begun, std::uint64_t last) {
    constexpr std::string_view kWords = "rwh ";  // after a space nobody ends first: the client itself does
    for (std::uint64_t number; (number = begun++) < last;) {
        auto server = co_await iocp::Connect(remote);
        if (!server) Fail("no connection: " + server.Message());
        const auto greeting = co_await server->RecvExactly(5);
        if (greeting.Text() != "hello") Fail("no greeting: " + greeting.Message());
        const std::string_view word = kWords.substr(Random(number).Below(kWords.size()), 1);
        co_await server->Send(word);
        iocp::Outcome why = word == " " ? iocp::Outcome::Closed : iocp::Outcome::Ok;
        while (why == iocp::Outcome::Ok) {
            const auto rest = co_await server->Recv().Within(20s);
            why = rest.Why();
        }
        if (why == iocp::Outcome::Timeout) Fail("one child has ended, and others live on");
    }
}

// Visits `count` times; yields how many coroutines are left of it.
std::int64_t Visit(const std::shared_ptr<Family>& family, const iocp::Endpoint& remote, std::uint64_t count,
                   const iocp::Options& options) {
    const std::uint64_t before = family->gone.Value();
    std::atomic<std::uint64_t> begun = 0;
    QuietCore visitors(std::vector<iocp::Listener>{}, options);
    for (std::size_t i = 0; i < kVisitors; ++i) visitors.Spawn(VisitFamilies(remote, begun, count));
    visitors.Start(1);
    family->gone.WaitFor(before + count);
    return family->alive;
}

}  // namespace

void RunChildren(const Settings& settings, Watchdog& watchdog) {
    watchdog.Expect("the families", 1200s);
    iocp::Options options;
    options.engine = settings.engine;
    const auto family = std::make_shared<Family>();
    QuietCore server({{0, 1, family, iocp::Transport::Tcp, "127.0.0.1"}}, options);
    server.Start(1);
    Visit(family, server.Listening(), 100, options);
    const std::size_t memory = iocp_test::ResidentBytes();
    const std::int64_t left = Visit(family, server.Listening(), settings.count, options);
    const auto grown = static_cast<std::int64_t>(iocp_test::ResidentBytes()) - static_cast<std::int64_t>(memory);
    if (left != 0) Fail("coroutines left: " + std::to_string(left));
    std::printf(
        "%llu clients with a reader, a writer and a heartbeat, of which one ended first: 0 of their coroutines are "
        "left; "
        "memory grew by %lld KiB; ",
        static_cast<unsigned long long>(settings.count), static_cast<long long>(grown / 1'024));
}

}  // namespace storm
