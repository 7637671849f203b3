// SPDX-License-Identifier: MIT
// Where the limit of locked memory (RLIMIT_MEMLOCK) leaves room for a few rings, but not for one on each worker.
#include "support/locked_memory.h"
#include "support/peer.h"

#include <gtest/gtest.h>
#include <iocp/iocp.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>

namespace iocp_test {

namespace {

constexpr unsigned kWorkers = 32;
constexpr std::size_t kRoomForAFew = 512 << 10;
constexpr std::size_t kRoomForTwo = 256 << 10;

class EchoProtocol final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv()) co_await client.Send(message);
    }
};

class QuietCore final : public IOCP_CORE {
public:
    explicit QuietCore(iocp::EngineKind engine)
        : IOCP_CORE({{0, 1, std::make_shared<EchoProtocol>(), iocp::Transport::Tcp, "127.0.0.1"}}, With(engine)) {}
    ~QuietCore() override { Stop(); }

private:
    void OnStart() override {}

    static iocp::Options With(iocp::EngineKind engine) {
        iocp::Options options;
        options.engine = engine;
        return options;
    }
};

}  // namespace

// There are kernels that do not count rings, and then all workers have one.
TEST(LockedMemoryTest, AutoTakesEpollWhereNotEveryWorkerGetsARing) {
    ASSERT_TRUE(LimitLockedMemory(kRoomForAFew));
    QuietCore core(iocp::EngineKind::Auto);

    core.Start(kWorkers);

    EXPECT_TRUE(core.EngineReport() == "epoll (io_uring refused: ENOMEM)" || core.EngineReport() == "io_uring")
        << core.EngineReport();
    EXPECT_EQ(core.ClientsPerWorker().size(), kWorkers);
    Peer peer(core.Listening());
    peer.Send("hello");
    EXPECT_EQ(peer.Receive(5), "hello");
}

TEST(LockedMemoryTest, AskedForByNameTheErrorNamesTheLimit) {
    ASSERT_TRUE(LimitLockedMemory(kRoomForAFew));
    QuietCore core(iocp::EngineKind::IoUring);
    std::string refusal = "no refusal";
    try {
        core.Start(kWorkers);
    } catch (const iocp::StartError& error) {
        refusal = error.what();
    }

    EXPECT_TRUE(refusal.find("ulimit -l") != std::string::npos || core.IsRunning()) << refusal;
}

// The kernel gives back the memory of a ring some time after the ring is gone.
TEST(LockedMemoryTest, ACoreStartsAgainAtOnceWhereThereIsRoomForItsRings) {
    if (!CountsAlone()) GTEST_SKIP() << "the rings of this user's other programs count too: only root's do not";
    ASSERT_TRUE(LimitLockedMemory(kRoomForTwo));
    ASSERT_TRUE(AwaitRoomForARing({}));
    QuietCore core(iocp::EngineKind::IoUring);

    // On a busy machine that time may be longer than the core waits, but not nearly each time.
    int started = 0;
    for (int i = 0; i < 10; ++i) {
        try {
            core.Start(1);
            core.Stop();
            ++started;
        } catch (const iocp::StartError& error) {
            ASSERT_EQ(error.NativeCode(), ENOMEM);
            ASSERT_TRUE(AwaitRoomForARing({}));
        }
    }
    EXPECT_GE(started, 5);
}

}  // namespace iocp_test
