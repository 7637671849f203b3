// SPDX-License-Identifier: MIT
#include "storm.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

namespace storm {

namespace {

constexpr std::size_t kClients = 5'000;
constexpr std::size_t kDeaf = kClients / 100;  // never read
constexpr std::size_t kBytes = 1'024;          // of each message
constexpr std::size_t kQueue = 256 << 10;      // bytes for each client
constexpr auto kBeat = 50ms;

class Tower final : public IOCP_Protocol {
public:
    iocp::Room room;
    Tally joined;

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        const auto seat = room.Join(client);
        joined.Add();
        co_await client.Recv();
    }
};

iocp::Task<> ListenIn(iocp::Endpoint tower, bool deaf, std::atomic<std::uint64_t>& heard) {
    auto connection = co_await iocp::Connect(tower);
    if (!connection) Fail("no connection: " + connection.Message());
    if (deaf) co_await iocp::Sleep(1h);
    std::uint64_t number = 0;
    while (const auto message = co_await connection->RecvExactly(kBytes)) {
        if (message.Text().substr(0, 8) != std::to_string(10'000'000 + number++)) Fail("a message is missing");
        ++heard;
    }
}

iocp::Task<> Speak(iocp::Room& room, std::uint64_t count, Tally& said, std::atomic<std::uint64_t>& missed) {
    iocp::Every beat(kBeat);
    for (std::uint64_t i = 0; i < count && co_await beat.Next(); ++i) {
        std::string message = std::to_string(10'000'000 + i);
        message.resize(kBytes, '.');
        room.Post(message);
        said.Add();
    }
    missed = beat.Missed();
}

}  // namespace

void RunBroadcast(const Settings& settings, Watchdog& watchdog) {
    const std::uint64_t count = settings.count * (1s / kBeat);
    watchdog.Expect("the broadcast", std::chrono::seconds(settings.count) * 3 + 120s);
    iocp::Options options;
    options.engine = settings.engine;
    const auto tower = std::make_shared<Tower>();
    iocp::Listener listener(0, 1, tower, iocp::Transport::Tcp, "127.0.0.1");
    listener.max_posted_bytes = kQueue;
    listener.backlog = kClients;
    QuietCore server({listener}, options);
    server.Start(1);
    QuietCore listeners(std::vector<iocp::Listener>{}, options);
    std::atomic<std::uint64_t> heard = 0;  // messages
    for (std::size_t i = 0; i < kClients; ++i)
        listeners.Spawn(ListenIn(server.Listening(), i % (kClients / kDeaf) == 0, heard));
    listeners.Start(1);
    tower->joined.WaitFor(kClients);

    Tally said;
    std::atomic<std::uint64_t> missed = 0;
    server.Spawn(Speak(tower->room, count, said, missed));
    std::size_t most = 0;
    while (said.Value() < count || heard < count * (kClients - kDeaf)) {
        std::this_thread::sleep_for(100ms);
        most = std::max(most, iocp_test::ResidentBytes());
    }
    listeners.Stop(0ms);
    server.Stop(0ms);
    const std::size_t bound = kQueue * kDeaf + (std::size_t{64} << 20);
    if (most > bound) Fail("memory grew to " + std::to_string(most) + " bytes; the bound is " + std::to_string(bound));
    std::printf(
        "%llu messages of %zu bytes to %zu clients: each of the %zu that read got all, beats missed %llu; dropped for "
        "the others %llu; memory at most %.1f MiB, both sides, of %.1f; ",
        static_cast<unsigned long long>(count), kBytes, kClients, kClients - kDeaf,
        static_cast<unsigned long long>(missed), static_cast<unsigned long long>(server.Counters().posts_dropped),
        static_cast<double>(most) / (1 << 20), static_cast<double>(bound) / (1 << 20));
}

}  // namespace storm
