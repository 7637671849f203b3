// SPDX-License-Identifier: MIT
#include "storm.h"

#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace storm {

namespace {

// Where a client's code throws.
enum class At : std::uint8_t {
    Accept,
    Begin,       // before the first await
    Recv,        // after it
    RecvMemory,  // after a Recv into memory of its own
    Send,
    Timeout,
    Stopped,  // after an await that ended because of Close
    Connect,  // after an outgoing connection, which it holds
    Nested,   // in a task that the handler awaits
    Delete,
    Count,
};

constexpr std::size_t kPlaces = static_cast<std::size_t>(At::Count);
constexpr std::size_t kVisitors = 32;

struct Guest final : IOCP_Client {
    std::uint64_t number = 0;  // in the order of arrival
};

// Throws at the place that the number of the client tells; every other time what is not a std::exception.
class Thrower final : public iocp::ProtocolFor<Guest> {
public:
    explicit Thrower(std::uint64_t last) : last_(last) {}

    std::atomic<std::uint64_t> arrived = 0;
    std::atomic<std::uint64_t> deleted = 0;
    Tally thrown;
    Tally echoed;
    iocp::Endpoint self;

    std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival&) override {
        auto guest = std::make_shared<Guest>();
        guest->number = arrived++;
        ThrowIf(*guest, At::Accept);
        return guest;
    }

    void DeleteClient(Guest& guest) override {
        ++deleted;
        ThrowIf(guest, At::Delete);
    }

    iocp::Task<> ProcedureClient(Guest& guest) override {
        ThrowIf(guest, At::Begin);
        const auto first = co_await guest.Recv();
        ThrowIf(guest, At::Recv);
        const iocp::Result sent = co_await guest.Send(first);
        if (first && sent) echoed.Add();
        ThrowIf(guest, At::Send);
        if (IsAt(guest, At::RecvMemory)) co_await IntoMemory(guest);
        if (IsAt(guest, At::Timeout)) co_await UntilTimeout(guest);
        if (IsAt(guest, At::Stopped)) co_await UntilClosed(guest);
        if (IsAt(guest, At::Connect)) co_await WithConnection(guest);
        if (IsAt(guest, At::Nested)) co_await Nested(guest, 10);
    }

private:
    [[nodiscard]] bool IsAt(const Guest& guest, At place) const {
        return guest.number < last_ && guest.number % kPlaces == static_cast<std::size_t>(place);
    }

    void ThrowIf(const Guest& guest, At place) {
        if (!IsAt(guest, place)) return;
        thrown.Add();
        if (guest.number / kPlaces % 2 == 0) throw std::runtime_error("of client " + std::to_string(guest.number));
        throw guest.number;
    }

    iocp::Task<> IntoMemory(Guest& guest) {
        std::array<std::byte, 10> memory;
        co_await guest.Recv(memory);
        ThrowIf(guest, At::RecvMemory);
    }

    iocp::Task<> UntilTimeout(Guest& guest) {
        iocp::Outcome why = iocp::Outcome::Ok;
        while (why == iocp::Outcome::Ok) {
            const auto message = co_await guest.Recv().Within(1ms);
            why = message.Why();
        }
        ThrowIf(guest, At::Timeout);
    }

    iocp::Task<> UntilClosed(Guest& guest) {
        guest.Close();
        iocp::Outcome why = iocp::Outcome::Ok;
        while (why == iocp::Outcome::Ok) {
            const auto message = co_await guest.Recv();
            why = message.Why();
        }
        ThrowIf(guest, At::Stopped);
    }

    iocp::Task<> WithConnection(Guest& guest) {
        const auto connection = co_await iocp::Connect(self, iocp::Transport::Udp, 10s);
        ThrowIf(guest, At::Connect);
    }

    iocp::Task<> Nested(Guest& guest, int depth) {
        if (depth > 0) co_return co_await Nested(guest, depth - 1);
        ThrowIf(guest, At::Nested);
    }

    const std::uint64_t last_;
};

// Writes down what is told to it.
class Recording final : public QuietCore {
public:
    using QuietCore::QuietCore;
    ~Recording() override { Stop(); }

    void DemandOnceEach() {
        const std::lock_guard lock(mutex_);
        for (const auto& [client, times] : told_)
            if (client != 0 && times != 1) Fail("errors of one client: " + std::to_string(times));
    }
    [[nodiscard]] std::uint64_t Told() {
        const std::lock_guard lock(mutex_);
        std::uint64_t sum = 0;
        for (const auto& [client, times] : told_) sum += times;
        return sum;
    }
    std::atomic<std::uint64_t> ticks = 0;

private:
    void OnError(const iocp::HandlerError& error) noexcept override {
        const std::lock_guard lock(mutex_);
        if (error.Message() == "of a tick")
            ++ticks_told_;
        else
            ++told_[error.client_id];
    }
    void OnBackgroundTick() override {
        ++ticks;
        throw std::runtime_error("of a tick");
    }
    void OnStop() override {
        QuietCore::OnStop();
        if (ticks != ticks_told_)
            Fail("errors of ticks: thrown " + std::to_string(ticks) + ", told " + std::to_string(ticks_told_));
    }

    std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::uint64_t> told_;
    std::uint64_t ticks_told_ = 0;
};

// One client after the other, until `begun` has reached `last`; each says two things and listens until the server ends
// it.
iocp::Task<> VisitOften(iocp::Endpoint remote, std::atomic<std::uint64_t>& begun, std::uint64_t last) {
    while (begun++ < last) {
        auto server = co_await iocp::Connect(remote, iocp::Transport::Tcp, 20s);
        if (!server) Fail("no connection: " + server.Message());
        iocp::Outcome why = iocp::Outcome::Ok;
        while (why == iocp::Outcome::Ok) {
            co_await server->Send("some words");
            const auto answer = co_await server->Recv().Within(20s);
            why = answer.Why();
        }
        if (why == iocp::Outcome::Timeout) Fail("a client whose handler threw was not ended");
    }
}

// `count` clients whose code throws, and a hundred more. The ticks that threw as well.
std::uint64_t ThrowAndServe(std::uint64_t count, iocp::EngineKind engine, Watchdog& watchdog) {
    watchdog.Expect("clients whose handlers throw", 600s);
    const auto thrower = std::make_shared<Thrower>(count);
    iocp::Options options;
    options.engine = engine;
    options.tick = 1ms;
    Recording server({{0, 1, thrower, iocp::Transport::Tcp, "127.0.0.1"}}, options);
    server.Start(2);
    thrower->self = server.Listening();

    QuietCore clients(std::vector<iocp::Listener>{}, options);
    clients.Start(1);
    std::atomic<std::uint64_t> begun = 0;
    for (std::size_t i = 0; i < kVisitors; ++i) clients.Spawn(VisitOften(server.Listening(), begun, count));
    thrower->thrown.WaitFor(count);

    watchdog.Expect("the clients after them");
    const std::uint64_t echoed = thrower->echoed.Value();
    std::atomic<std::uint64_t> more = 0;
    clients.Spawn(VisitOften(server.Listening(), more, 100));
    thrower->echoed.WaitFor(echoed + 100);

    watchdog.Expect("the stop");
    clients.Stop();
    server.Stop();
    server.DemandOnceEach();
    const std::uint64_t told = server.Told();
    const std::uint64_t thrown = thrower->thrown.Value();
    if (told != count || thrown != count)
        Fail("errors thrown " + std::to_string(thrown) + ", told " + std::to_string(told));
    const std::uint64_t admitted = thrower->arrived - (count + kPlaces - 1) / kPlaces;
    if (thrower->deleted != admitted)
        Fail("clients admitted " + std::to_string(admitted) + ", deleted " + std::to_string(thrower->deleted));
    return server.ticks;
}

}  // namespace

void RunThrows(const Settings& settings, Watchdog& watchdog) {
    ThrowAndServe(kPlaces, settings.engine, watchdog);  // so that all that stays open is open
    const std::size_t descriptors = OpenDescriptors();
    const std::uint64_t ticks = ThrowAndServe(settings.count, settings.engine, watchdog);
    DemandDescriptors(descriptors, "after the stop");
    std::printf(
        "%llu clients whose code threw at %zu places: each error told once; ticks that threw %llu; "
        "100 clients after them served; descriptors back at %zu; ",
        static_cast<unsigned long long>(settings.count), kPlaces, static_cast<unsigned long long>(ticks), descriptors);
}

}  // namespace storm
