// SPDX-License-Identifier: MIT
// A core that is refused memory, once for each allocation of an evening.
#include "failing_memory.h"
#include "quiet_core.h"
#include "support/decorators.h"
#include "support/ledger.h"

#include <gtest/gtest.h>
#include <iocp/iocp.h>
#include <iocp/simulation.h>

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

// Uses whatever of a client takes memory.
class Host final : public IOCP_Protocol {
public:
    std::uint64_t accepted = 0;
    std::uint64_t deleted = 0;

private:
    std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival& arrival) override {
        auto client = IOCP_Protocol::AcceptClient(arrival);
        ++accepted;
        return client;
    }
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
    void DeleteClient(IOCP_Client&) override { ++deleted; }
};

// Visits of `count` clients, all at once; how many were answered.
int Visit(iocp::Simulation& sim, std::size_t count) {
    std::vector<iocp::SimulatedPeer> peers;
    for (std::size_t i = 0; i < count; ++i) {
        peers.push_back(sim.Connect(*iocp::Endpoint::Parse("10.9.9.9", 7)));
        peers.back().Write("one\n");
    }
    sim.RunFor(1s);
    for (auto& peer : peers) peer.Write("two\n");
    sim.RunFor(1s);
    int answered = 0;
    for (auto& peer : peers) {
        answered += peer.Read().find("answered\n") != std::string::npos ? 1 : 0;
        peer.ShutdownSend();
    }
    sim.RunFor(1s);
    return answered;
}

struct Evening {
    bool failed = false;
    int answered = 0;
    iocp::Counters counters;
};

// The `failing`-th allocation fails, of those made for three visitors.
Evening Spend(std::uint64_t failing) {
    iocp::Simulation sim(failing);
    LedgerNetwork ledger(*sim.Network());
    SparedNetwork network(ledger);
    iocp::Options options;
    options.network = &network;
    auto host = std::make_shared<Host>();
    iocp::Listener listener(7, 1, host);
    listener.limits = {.clients_per_address = 10, .idle = 1min};

    Evening evening;
    {
        QuietCore core({listener}, options);
        core.Start(1);
        EXPECT_EQ(Visit(sim, 4), 4);
        FailingMemory::Fail(failing);
        evening.answered = Visit(sim, 3);
        evening.failed = FailingMemory::HasFailed();
        FailingMemory::Forget();
        EXPECT_EQ(Visit(sim, 3), 3) << sim.Report();
        core.Stop();
        evening.counters = core.Counters();
    }
    EXPECT_EQ(host->accepted, host->deleted);
    EXPECT_EQ(ledger.Sum().issued, ledger.Sum().Finished()) << ledger.Json();
    return evening;
}

TEST(MemoryTest, WhereItIsRefusedAtMostOneClientIsLostAndTheServerServesOn) {
    std::uint64_t turned_away = 0;
    std::uint64_t told = 0;
    std::uint64_t failing = 1;
    for (Evening evening = Spend(failing); evening.failed; evening = Spend(++failing)) {
        SCOPED_TRACE(testing::Message() << "allocation " << failing);
        EXPECT_GE(evening.answered, 2);
        turned_away += evening.counters.refused_no_memory;
        told += evening.counters.handler_errors;
        if (HasFailure()) return;
    }
    EXPECT_GT(failing, 20u);
    EXPECT_GT(turned_away, 0u);
    EXPECT_GT(told, 0u);
}

}  // namespace
