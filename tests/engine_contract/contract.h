// SPDX-License-Identifier: MIT
// What lib/engine.h promises, tried on each engine of the platform by its name, with real sockets and without a core.
// The fixture keeps a ledger: an operation that is yielded twice, or without having been pending, fails the test.
#pragma once

#include "buffer_pool.h"
#include "engine.h"
#include "socket.h"
#include "support/peer.h"

#include <gtest/gtest.h>
#include <iocp/operation_manager.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace iocp_test {

using iocp::Outcome;
using iocp::SocketHandle;
using iocp::detail::Engine;
using iocp::detail::SocketRole;
using iocp::detail::Submission;
using Kind = IOCP_Operation::Kind;
using State = IOCP_Operation::State;

inline constexpr auto kForever = Engine::kForever;

// An engine, with the queues of its size or with ones that are always too small.
struct Setup {
    iocp::EngineKind kind;
    bool scarce;

    // "epoll", "epoll_scarce"
    [[nodiscard]] std::string Name() const;
};
void PrintTo(const Setup& setup, std::ostream* out);

// The near end of a connection, attached, and its far end.
struct Link {
    SocketHandle near;
    Peer peer;
};

class EngineContract : public testing::TestWithParam<Setup> {
public:
    EngineContract();

    // Everything pending is cancelled and yielded, nothing is yielded after that, and all buffers are back.
    void TearDown() override;

protected:
    // Makes the engine again, with the `options` as they are now.
    void RemakeEngine();

    [[nodiscard]] Engine& Io() noexcept { return *engine_; }
    [[nodiscard]] iocp::detail::BufferPool& Buffers() noexcept { return *buffers_; }

    // Sockets, attached, and closed in the end.
    [[nodiscard]] SocketHandle Listen();
    [[nodiscard]] Link NewLink();
    [[nodiscard]] SocketHandle OpenDatagrams();
    void Attach(SocketHandle socket, SocketRole role);
    void Close(SocketHandle socket);

    // Memory that lives until the engine is gone.
    [[nodiscard]] std::span<std::byte> Memory(std::size_t size);
    [[nodiscard]] std::span<std::byte> Memory(std::string_view text);

    // A fresh operation, released in the end.
    [[nodiscard]] IOCP_Operation& New(Kind kind, SocketHandle socket, std::span<std::byte> memory = {});
    [[nodiscard]] IOCP_Operation& NewTo(const iocp::Endpoint& far_end, Kind kind, SocketHandle socket,
                                        std::span<std::byte> memory = {});
    void Release(IOCP_Operation& operation);

    // Calls of the engine, with a look at the ledger.
    Submission Submit(IOCP_Operation& operation);
    void SubmitPending(IOCP_Operation& operation);  // what can not have finished at once
    void Cancel(IOCP_Operation& operation);
    std::size_t Turn(std::chrono::nanoseconds timeout = std::chrono::nanoseconds::zero());  // how many it yielded
    void Forget(const IOCP_Operation& operation) { pending_.erase(&operation); }  // a Wait outside Turn yielded it
    void AwaitEnd(const IOCP_Operation& operation);
    void AwaitAll();
    [[nodiscard]] bool IsPending(const IOCP_Operation& operation) const { return pending_.contains(&operation); }

    // Submits and waits for the end.
    IOCP_Operation& Complete(IOCP_Operation& operation);

    // What a Recv, RecvLent or RecvFrom has brought; the buffer lent is back in the pool then.
    [[nodiscard]] std::string TakeText(IOCP_Operation& operation);

    // `count` bytes of the stream, by as many Recv as it takes.
    [[nodiscard]] std::string ReceiveText(SocketHandle socket, std::size_t count);

    [[nodiscard]] static Outcome OutcomeOf(const IOCP_Operation& operation);
    [[nodiscard]] static bool WasCancelled(const IOCP_Operation& operation);

    iocp::Options options;

private:
    void EndEverything();

    iocp::detail::NetworkLibrary network_;
    std::deque<std::vector<std::byte>> memory_;
    std::unique_ptr<iocp::detail::BufferPool> buffers_;
    IOCP_OperationManager operations_;
    std::unordered_set<IOCP_Operation*> acquired_;
    std::unordered_set<const IOCP_Operation*> pending_;
    std::unordered_set<SocketHandle> sockets_;
    SocketHandle listener_ = iocp::kNoSocket;
    std::unique_ptr<Engine> engine_;
};

[[nodiscard]] std::vector<Setup> Setups();
[[nodiscard]] inline std::string NameOfSetup(const testing::TestParamInfo<Setup>& setup) { return setup.param.Name(); }

// `size` bytes in which each differs from its neighbours.
[[nodiscard]] std::string Pattern(std::size_t size);

}  // namespace iocp_test
