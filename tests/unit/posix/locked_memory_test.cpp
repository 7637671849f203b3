// SPDX-License-Identifier: MIT
// Where the limit of locked memory (RLIMIT_MEMLOCK) leaves room for a few rings, but not for one on each worker.
#include "support/peer.h"

#include <gtest/gtest.h>
#include <iocp/iocp.h>

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

namespace iocp_test {

namespace {

constexpr unsigned kWorkers = 32;
constexpr rlim_t kRoomForAFew = 512 << 10;

// Root may lock as much as it likes, unless it waives the right.
void WaiveLocking() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> capabilities{};
    ASSERT_EQ(syscall(SYS_capget, &header, capabilities.data()), 0);
    capabilities[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &= ~CAP_TO_MASK(CAP_IPC_LOCK);
    ASSERT_EQ(syscall(SYS_capset, &header, capabilities.data()), 0);
}

void LimitLockedMemory() {
    WaiveLocking();
    const rlimit limit{kRoomForAFew, kRoomForAFew};
    ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
}

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
    LimitLockedMemory();
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
    LimitLockedMemory();
    QuietCore core(iocp::EngineKind::IoUring);
    std::string refusal = "no refusal";
    try {
        core.Start(kWorkers);
    } catch (const iocp::StartError& error) {
        refusal = error.what();
    }

    EXPECT_TRUE(refusal.find("ulimit -l") != std::string::npos || core.IsRunning()) << refusal;
}

}  // namespace iocp_test
