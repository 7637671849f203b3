// SPDX-License-Identifier: MIT
// Run where the kernel refuses io_uring with the error REFUSAL.
#include <gtest/gtest.h>
#include <iocp/iocp.h>

#include <string>
#include <string_view>

namespace iocp_test {

namespace {

class Silent final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client&) override { co_return; }
};

class QuietCore final : public IOCP_CORE {
public:
    explicit QuietCore(iocp::EngineKind engine)
        : IOCP_CORE({{0, 1, std::make_shared<Silent>(), iocp::Transport::Tcp, "127.0.0.1"}}, With(engine)) {}
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

TEST(IoUringRefusedTest, AutoTakesEpollAndTheReportSaysWhy) {
    QuietCore core(iocp::EngineKind::Auto);

    core.Start(2);

    EXPECT_EQ(core.EngineReport(), "epoll (io_uring refused: " REFUSAL ")");
}

TEST(IoUringRefusedTest, AskedForByNameItIsAnErrorWithARemedy) {
    QuietCore core(iocp::EngineKind::IoUring);
    std::string refusal;
    try {
        core.Start(1);
    } catch (const iocp::StartError& error) {
        refusal = error.what();
    }

    EXPECT_NE(refusal.find("io_uring is refused here (" REFUSAL ")"), std::string::npos) << refusal;
    EXPECT_NE(refusal.find(REFUSAL == std::string_view("ENOMEM") ? "ulimit -l" : "seccomp"), std::string::npos)
        << refusal;
    EXPECT_NE(refusal.find("ask for auto or epoll"), std::string::npos) << refusal;
    EXPECT_FALSE(core.IsRunning());
}

TEST(IoUringRefusedTest, EpollAskedForByNameIsNotAffected) {
    QuietCore core(iocp::EngineKind::Epoll);

    core.Start(1);

    EXPECT_EQ(core.EngineReport(), "epoll");
}

}  // namespace iocp_test
