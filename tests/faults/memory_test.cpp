// SPDX-License-Identifier: MIT
// A core that is refused memory, once for each allocation of an evening.
#include "failing_memory.h"
#include "quiet_core.h"
#include "support/decorators.h"
#include "support/ledger.h"

#include <gtest/gtest.h>
#include <iocp/iocp.h>
#include <iocp/simulation.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using iocp_test::FailingMemory;
using iocp_test::LedgerNetwork;
using iocp_test::QuietCore;

// What a system's network would do in the kernel.
class SparedNetwork final : public iocp_test::NetworkDecorator {
public:
    using NetworkDecorator::NetworkDecorator;

    [[nodiscard]] iocp::detail::OpenedSocket OpenListening(const iocp::Endpoint& endpoint, iocp::Transport transport,
                                                           bool both_families, int backlog) override {
        const FailingMemory::Spared spared;
        return NetworkDecorator::OpenListening(endpoint, transport, both_families, backlog);
    }
    [[nodiscard]] iocp::detail::OpenedSocket OpenStream(iocp::Endpoint::Family family) override {
        const FailingMemory::Spared spared;
        return NetworkDecorator::OpenStream(family);
    }
    void CloseSocket(iocp::SocketHandle socket) noexcept override {
        const FailingMemory::Spared spared;
        NetworkDecorator::CloseSocket(socket);
    }
    void ResetSocket(iocp::SocketHandle socket) noexcept override {
        const FailingMemory::Spared spared;
        NetworkDecorator::ResetSocket(socket);
    }
    void ShutdownSend(iocp::SocketHandle socket) noexcept override {
        const FailingMemory::Spared spared;
        NetworkDecorator::ShutdownSend(socket);
    }
    [[nodiscard]] std::unique_ptr<iocp::detail::Engine> MakeEngine(iocp::EngineKind kind, const iocp::Options& options,
                                                                   iocp::detail::BufferPool& buffers) override {
        return std::make_unique<SparedEngine>(NetworkDecorator::MakeEngine(kind, options, buffers));
    }

private:
    class SparedEngine final : public iocp_test::EngineDecorator {
    public:
        using EngineDecorator::EngineDecorator;

        [[nodiscard]] int Attach(iocp::SocketHandle socket, iocp::detail::SocketRole role) noexcept override {
            const FailingMemory::Spared spared;
            return Inner().Attach(socket, role);
        }
        void Close(iocp::SocketHandle socket) noexcept override {
            const FailingMemory::Spared spared;
            Inner().Close(socket);
        }
        [[nodiscard]] iocp::detail::Submission Submit(IOCP_Operation& operation) noexcept override {
            const FailingMemory::Spared spared;
            return Inner().Submit(operation);
        }
        void Cancel(IOCP_Operation& operation) noexcept override {
            const FailingMemory::Spared spared;
            Inner().Cancel(operation);
        }
        void Wait(iocp::detail::OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override {
            const FailingMemory::Spared spared;
            Inner().Wait(ended, timeout);
        }
    };
};

constexpr std::uint16_t kPort = 7;
constexpr std::uint16_t kEchoPort = 8;

class Host : public IOCP_Protocol {
public:
    std::uint64_t accepted = 0;
    std::uint64_t deleted = 0;

private:
    std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival& arrival) override {
        auto client = IOCP_Protocol::AcceptClient(arrival);
        ++accepted;
        return client;
    }
    void DeleteClient(IOCP_Client&) override { ++deleted; }
};

// Uses whatever of a client takes memory.
class StreamHost final : public Host {
    static iocp::Task<> Beat(IOCP_Client& client) {
        while (const auto sent = co_await client.Send("beat\n")) {
            const auto slept = co_await iocp::Sleep(300ms);
            if (!slept) co_return;
        }
    }
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        client.Spawn(Beat, std::ref(client));
        while (auto line = co_await client.RecvLine(100).Within(2s)) {
            client.Post("posted\n");
            if (!co_await client.Send("answered\n")) co_return;
        }
    }
};

class DatagramHost final : public Host {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto datagram = co_await client.Recv().Within(2s)) co_await client.Send("answered\n");
    }
};

class Echo final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv()) co_await client.Send(message);
    }
};

// Answers once another server, which it dials for each message, has.
class DiallingHost final : public Host {
public:
    explicit DiallingHost(iocp::Transport transport) noexcept : transport_(transport) {}

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv().Within(2s)) {
            auto far = co_await iocp::Connect(*iocp::Endpoint::Parse("10.9.9.9", kEchoPort), transport_, 1s);
            if (!far) co_return;
            const auto sent = co_await far->Send("?");
            const auto echo = co_await far->Recv().Within(1s);
            if (sent && echo) co_await client.Send("answered\n");
        }
    }

    const iocp::Transport transport_;
};

std::string ReadAll(const iocp::SimulatedPeer& peer, iocp::Transport transport) {
    if (transport == iocp::Transport::Tcp) return peer.Read();
    std::string all;
    while (const auto datagram = peer.ReadDatagram()) all += *datagram;
    return all;
}

// Visits of `count` clients, all at once; how many were answered.
int Visit(iocp::Simulation& sim, iocp::Transport transport, std::size_t count) {
    std::vector<iocp::SimulatedPeer> peers;
    for (std::size_t i = 0; i < count; ++i) {
        peers.push_back(sim.Connect(*iocp::Endpoint::Parse("10.9.9.9", kPort), transport));
        peers.back().Write("one\n");
        peers.back().Write("and more\n");
    }
    sim.RunFor(1s);
    for (auto& peer : peers) peer.Write("two\n");
    sim.RunFor(1s);
    int answered = 0;
    for (auto& peer : peers) {
        answered += ReadAll(peer, transport).find("answered\n") != std::string::npos ? 1 : 0;
        if (transport == iocp::Transport::Tcp) peer.ShutdownSend();
    }
    sim.RunFor(3s);
    return answered;
}

struct Evening {
    bool failed = false;
    int answered = 0;
    iocp::Counters counters;
};

// What is served, and how.
struct Trade {
    std::string name;
    iocp::Transport transport;
    std::function<std::shared_ptr<Host>()> make_host;
};

// The `failing`-th allocation fails, of those made for three visitors.
Evening Spend(const Trade& trade, std::uint64_t failing) {
    iocp::Simulation sim(failing);
    sim.Conditions().jitter = 0ns;  // the visitors come at once, which takes more accepts
    LedgerNetwork ledger(*sim.Network());
    SparedNetwork network(ledger);
    iocp::Options options;
    options.network = &network;
    auto host = trade.make_host();
    iocp::Listener listener(kPort, 1, host);
    listener.transport = trade.transport;
    listener.limits = {.clients_per_address = 10, .idle = 1min};
    const auto echo = std::make_shared<Echo>();
    iocp::Listener echo_udp(kEchoPort, 1, echo);
    echo_udp.transport = iocp::Transport::Udp;

    Evening evening;
    {
        QuietCore core({listener, iocp::Listener(kEchoPort, 1, echo), echo_udp}, options);
        core.Start(1);
        EXPECT_EQ(Visit(sim, trade.transport, 1), 1);
        FailingMemory::Fail(failing);
        evening.answered = Visit(sim, trade.transport, 3);
        evening.failed = FailingMemory::HasFailed();
        FailingMemory::Forget();
        EXPECT_EQ(Visit(sim, trade.transport, 3), 3) << sim.Report();
        core.Stop();
        evening.counters = core.Counters();
    }
    EXPECT_EQ(host->accepted, host->deleted);
    EXPECT_EQ(ledger.Sum().issued, ledger.Sum().Finished()) << ledger.Json();
    return evening;
}

class MemoryTest : public testing::TestWithParam<Trade> {};

TEST_P(MemoryTest, WhereItIsRefusedAtMostOneClientIsLostAndTheServerServesOn) {
    std::uint64_t turned_away = 0;
    std::uint64_t told = 0;
    std::uint64_t failing = 1;
    for (Evening evening = Spend(GetParam(), failing); evening.failed; evening = Spend(GetParam(), ++failing)) {
        SCOPED_TRACE(testing::Message() << "allocation " << failing);
        EXPECT_GE(evening.answered, 2);
        turned_away += evening.counters.refused_no_memory;
        told += evening.counters.handler_errors;
        if (HasFailure()) return;
    }
    EXPECT_GT(failing, 20u);
    EXPECT_GT(turned_away, 0u);
    if (GetParam().name != "Datagrams") {  // whose handler allocates nothing
        EXPECT_GT(told, 0u);
    }
}

INSTANTIATE_TEST_SUITE_P(
    , MemoryTest,
    testing::Values(Trade{"Streams", iocp::Transport::Tcp, [] { return std::make_shared<StreamHost>(); }},
                    Trade{"Datagrams", iocp::Transport::Udp, [] { return std::make_shared<DatagramHost>(); }},
                    Trade{"StreamsThatDial", iocp::Transport::Tcp,
                          [] { return std::make_shared<DiallingHost>(iocp::Transport::Tcp); }},
                    Trade{"StreamsThatDialOverUdp", iocp::Transport::Tcp,
                          [] { return std::make_shared<DiallingHost>(iocp::Transport::Udp); }}),
    [](const auto& trade) { return trade.param.name; });

}  // namespace
