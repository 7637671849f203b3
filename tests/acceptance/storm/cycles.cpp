// SPDX-License-Identifier: MIT
#include "storm.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace storm {

namespace {

enum class From : std::uint8_t {
    Handler,
    Tick,
    Signal,
    OtherThread,
    ManyThreads,
    SpawnedTask,
    OnStart,
    Destructor,
    AcceptStorm,  // by another thread, while clients only come and go
    Twice,        // in a row
    BeforeStart,  // which does nothing; then once more
};

constexpr std::array<std::string_view, 11> kNames{
    "handler", "tick",           "signal",          "another thread", "eight threads at once", "a spawned task",
    "OnStart", "the destructor", "an accept storm", "twice",          "before the start"};

// A core that stops itself at some time, from where it is told to.
class Stopping final : public QuietCore {
public:
    using QuietCore::QuietCore;
    ~Stopping() override { Stop(drain); }

    std::atomic<From> from{From::Handler};
    std::chrono::milliseconds drain{0};
    Tally starts;
    Tally arrived;
    Tally served;
    std::atomic<std::uint64_t> enough = 0;  // served, when it stops
    std::atomic<std::uint64_t> stops = 0;

    void Served() {
        if (served.Add() == enough && from == From::Handler) Stop(drain);
    }

private:
    void OnStart() override {
        starts.Add();
        if (from == From::OnStart) Stop(drain);
    }
    void OnStop() override {
        QuietCore::OnStop();
        ++stops;
    }
    void OnBackgroundTick() override {
        if (from == From::Tick && served.Value() >= enough) Stop(drain);
    }
};

class Host final : public IOCP_Protocol {
public:
    std::atomic<Stopping*> core = nullptr;

private:
    std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival& arrival) override {
        core.load()->arrived.Add();
        return IOCP_Protocol::AcceptClient(arrival);
    }
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv()) {
            if (!co_await client.Send(message)) co_return;
            core.load()->Served();
        }
    }
};

// Talks with the server until one of the two cores stops.
iocp::Task<> Talk(iocp::Endpoint remote, iocp::Transport transport) {
    const std::vector<std::byte> words(1'000);
    auto connection = co_await iocp::Connect(remote, transport, 10s);
    while (connection) {
        if (!co_await connection->Send(words)) co_return;
        const auto answer = co_await connection->Recv().Within(50ms);  // a datagram may be lost
        if (!answer && answer.Why() != iocp::Outcome::Timeout) co_return;
    }
}

// Comes and goes until nobody listens any more.
iocp::Task<> ComeAndGo(iocp::Endpoint remote) {
    bool let_in = true;
    while (let_in) {
        const auto connection = co_await iocp::Connect(remote, iocp::Transport::Tcp, 10s);
        let_in = static_cast<bool>(connection);
    }
}

iocp::Task<> StopSoon(Stopping& core) {
    core.Stop(core.drain);
    co_return;
}

iocp::Options OptionsFor(const Settings& settings) {
    iocp::Options options;
    options.engine = settings.engine;
    options.tick = 1ms;
    options.drain = 0ms;
    return options;
}

// A server that is used again and again, and the clients that load it.
class Arena {
public:
    explicit Arena(const Settings& settings) : options_(OptionsFor(settings)), host_(std::make_shared<Host>()) {}

    // Nothing is left of a server.
    [[nodiscard]] bool IsEmpty() const { return !server_; }
    void Clear() { server_.reset(); }

    void Cycle(From from, Random& random) {
        if (!server_) Open();
        server_->from = from;
        server_->drain = std::chrono::milliseconds(random.Below(3));
        server_->enough = server_->served.Value() + 20 + random.Below(200);
        const std::uint64_t stops = server_->stops;
        if (from == From::BeforeStart) server_->Stop();
        std::thread running = Start(from);
        clients_.emplace(std::vector<iocp::Listener>{}, options_);
        if (from == From::AcceptStorm)
            LoadDoor(random);
        else
            Load(random);
        Stop(from);
        if (running.joinable()) running.join();
        if (server_) {
            server_->Stop();  // waits for the one that was asked for elsewhere
            if (server_->IsRunning() || server_->stops != stops + 1) Fail("it was not stopped once");
        }
        clients_.reset();
        if (random.Below(4) == 0) Clear();
    }

private:
    void Open() {
        server_.emplace(std::vector<iocp::Listener>{{0, 1, host_, iocp::Transport::Tcp, "127.0.0.1"},
                                                    {0, 2, host_, iocp::Transport::Udp, "127.0.0.1"}},
                        options_);
        host_->core = &*server_;
    }

    // By Run in a thread of its own where a signal is to end it.
    std::thread Start(From from) {
        const std::uint64_t before = server_->starts.Value();
        std::thread running;
        if (from == From::Signal)
            running = std::thread([this] { server_->Run(2); });
        else
            server_->Start(2);
        server_->starts.WaitFor(before + 1);
        return running;
    }

    void Load(Random& random) {
        const iocp::Endpoint tcp = server_->Listening(0);
        const iocp::Endpoint udp = server_->Listening(1);
        for (std::size_t i = 0; i < 10; ++i) {
            clients_->Spawn(Talk(tcp, iocp::Transport::Tcp));
            if (i < 3) clients_->Spawn(Talk(udp, iocp::Transport::Udp));
        }
        clients_->Start(1 + static_cast<unsigned>(random.Below(2)));
        if (server_->from != From::OnStart) server_->served.WaitFor(server_->enough);
    }

    void LoadDoor(Random& random) {
        const std::uint64_t before = server_->arrived.Value();
        for (std::size_t i = 0; i < 50; ++i) clients_->Spawn(ComeAndGo(server_->Listening(0)));
        clients_->Start(1);
        server_->arrived.WaitFor(before + 100 + random.Below(200));
    }

    void Stop(From from) {
        switch (from) {
            case From::Signal: return iocp_test::RaiseTermination();
            case From::OtherThread:
            case From::AcceptStorm:
            case From::BeforeStart: return server_->Stop(server_->drain);
            case From::ManyThreads: return StopFromMany();
            case From::Twice: {
                server_->Stop(server_->drain);
                return server_->Stop(server_->drain);
            }
            case From::SpawnedTask: return server_->Spawn(StopSoon(*server_));
            case From::Destructor: return Clear();
            case From::Handler:
            case From::Tick:
            case From::OnStart: return;  // by the core itself
        }
    }

    void StopFromMany() {
        std::vector<std::thread> others;
        for (int i = 0; i < 8; ++i) others.emplace_back([this] { server_->Stop(server_->drain); });
        for (std::thread& other : others) other.join();
    }

    const iocp::Options options_;
    const std::shared_ptr<Host> host_;
    std::optional<Stopping> server_;
    std::optional<QuietCore> clients_;
};

}  // namespace

void RunCycles(const Settings& settings, Watchdog& watchdog) {
    Random random(settings.seed);
    std::array<std::uint64_t, kNames.size()> counts{};
    std::optional<std::size_t> descriptors;
    Arena arena(settings);
    for (std::uint64_t i = 0; i < settings.count; ++i) {
        // First each kind once, so that all that stays open is open.
        const std::size_t kind = i < kNames.size() ? i : random.Below(kNames.size());
        const std::string what = "cycle " + std::to_string(i) + ", stop from " + std::string(kNames.at(kind));
        watchdog.Expect(what);
        arena.Cycle(static_cast<From>(kind), random);
        ++counts.at(kind);
        if (i + 1 == kNames.size()) {
            arena.Clear();
            descriptors = OpenDescriptors();
        }
        if (i + 1 == settings.count) arena.Clear();
        if (descriptors && arena.IsEmpty()) DemandDescriptors(*descriptors, what);
    }
    std::printf("%llu starts and stops, seed %llu, from", static_cast<unsigned long long>(settings.count),
                static_cast<unsigned long long>(settings.seed));
    for (std::size_t i = 0; i < kNames.size(); ++i)
        std::printf("%s %.*s %llu", i == 0 ? "" : ",", static_cast<int>(kNames.at(i).size()), kNames.at(i).data(),
                    static_cast<unsigned long long>(counts.at(i)));
    std::printf("; none hung; descriptors back at %zu; ", descriptors.value_or(0));
}

}  // namespace storm
