// SPDX-License-Identifier: MIT
// A round trip of an echo but for the kernel's part: a handler's Recv or one of its kin, and its Send, through the
// whole core.
#include "allocations.h"
#include "memory_network.h"

#include <benchmark/benchmark.h>
#include <iocp/iocp.h>

#include <cstddef>
#include <memory>
#include <string>

namespace {

constexpr std::size_t kClients = 50;
constexpr std::size_t kMessage = 64;  // bytes

struct EchoProtocol : IOCP_Protocol {
    std::size_t messages = 0;
};

struct EchoBytes final : EchoProtocol {
    static std::string Message() { return std::string(kMessage, 'm'); }
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv()) {
            co_await client.Send(message);
            ++messages;
        }
    }
};

struct EchoLines final : EchoProtocol {
    static std::string Message() { return std::string(kMessage - 2, 'm') + "\r\n"; }
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto line = co_await client.RecvLine(kMessage)) {
            co_await client.Send(line);
            ++messages;
        }
    }
};

struct EchoFrames final : EchoProtocol {
    static std::string Message() { return std::string("\0\0\0\x3c", 4) + std::string(kMessage - 4, 'm'); }
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto frame = co_await client.RecvFrame()) {
            co_await client.Send(frame);
            ++messages;
        }
    }
};

// Each iteration is a round trip.
template <class Protocol>
void Echoes(benchmark::State& state) {
    const auto protocol = std::make_shared<Protocol>();
    micro::MemoryNetwork network(kClients, Protocol::Message());
    micro::MemoryCore core(network, {{1, 1, protocol}});
    for (int turn = 0; turn < 100; ++turn) core.Poll();  // all are in, and what grows has grown
    protocol->messages = 0;
    {
        const micro::Allocations allocations(state);
        while (state.KeepRunningBatch(kClients)) core.Poll();
    }
    if (protocol->messages != static_cast<std::size_t>(state.iterations()))
        state.SkipWithError("a turn was not one round trip of each client");
    network.Leave();
}
BENCHMARK(Echoes<EchoBytes>);
BENCHMARK(Echoes<EchoLines>);
BENCHMARK(Echoes<EchoFrames>);

}  // namespace
