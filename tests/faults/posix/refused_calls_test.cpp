// SPDX-License-Identifier: MIT
// A core that the system refuses a call, once for each call of an evening.
#include "refused_calls.h"

#include "../quiet_core.h"
#include "support/peer.h"
#include "support/platform.h"

#include <gtest/gtest.h>
#include <iocp/iocp.h>

#include <cerrno>
#include <memory>
#include <set>
#include <string>
#include <tuple>

namespace {

using namespace std::chrono_literals;
using iocp_test::Peer;
using iocp_test::QuietCore;
using iocp_test::RefusedCalls;
using iocp_test::UdpPeer;

class Echo final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv()) {
            const auto sent = co_await client.Send(message);
            if (!sent) co_return;
        }
    }
};

// Lets another server answer.
class Dialling final : public IOCP_Protocol {
public:
    const IOCP_CORE* core = nullptr;

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv()) {
            auto far = co_await iocp::Connect(core->Listening(0), iocp::Transport::Tcp, 5s);
            if (!far) co_return;
            const auto sent = co_await far->Send(message);
            if (!sent) co_return;
            const auto answer = co_await far->Recv();
            if (!answer) co_return;
            const auto passed_on = co_await client.Send(answer);
            if (!passed_on) co_return;
        }
    }
};

// Three servers in one core.
class Servers {
public:
    explicit Servers(iocp::EngineKind engine)
        : core_({{0, 1, echo_, iocp::Transport::Tcp, "127.0.0.1"},
                 {0, 2, echo_, iocp::Transport::Udp, "127.0.0.1"},
                 {0, 3, dialling_, iocp::Transport::Tcp, "127.0.0.1"}},
                OptionsFor(engine)) {
        dialling_->core = &core_;
    }

    // False: it says why it does not.
    bool Start() {
        try {
            core_.Start(1);
        } catch (const iocp::StartError& error) {
            EXPECT_NE(error.NativeCode(), 0) << error.what();
            return false;
        }
        return true;
    }

    // Each of them is asked; those who are lost are told of it by the end of their connection.
    int AnswersToStreams() { return Answers(core_.Listening(0)) + Answers(core_.Listening(2)); }
    bool AnswersToDatagrams() { return UdpPeer(core_.Listening(1)).Ask("datagram") == "datagram"; }

    void Stop() { core_.Stop(1s); }

private:
    static iocp::Options OptionsFor(iocp::EngineKind engine) {
        iocp::Options options;
        options.engine = engine;
        return options;
    }

    static int Answers(const iocp::Endpoint& server) {
        Peer peer(server);
        peer.Send("stream");
        const std::string answer = peer.Receive(6);
        EXPECT_TRUE(answer.empty() || answer == "stream") << answer;
        return answer == "stream" ? 1 : 0;
    }

    std::shared_ptr<Echo> echo_ = std::make_shared<Echo>();
    std::shared_ptr<Dialling> dialling_ = std::make_shared<Dialling>();
    QuietCore core_;
};

using Refusal = std::tuple<iocp::EngineKind, int>;

class RefusedCallsTest : public testing::TestWithParam<Refusal> {
protected:
    // The `number`-th call fails. Yields its name, or nothing where there were fewer.
    std::string Spend(int number) {
        const auto [engine, error] = GetParam();
        Servers servers(engine);
        RefusedCalls::Refuse(number, error);
        const bool started = servers.Start();
        if (started) {
            const RefusedCalls::Spared peers;
            EXPECT_GE(servers.AnswersToStreams(), 1);
            EXPECT_TRUE(servers.AnswersToDatagrams());
        }
        RefusedCalls::Forget();
        EXPECT_TRUE(started || RefusedCalls::Refused() != nullptr);
        EXPECT_TRUE(started || servers.Start());
        EXPECT_EQ(servers.AnswersToStreams(), 2);
        EXPECT_TRUE(servers.AnswersToDatagrams());
        servers.Stop();
        return RefusedCalls::Refused() != nullptr ? RefusedCalls::Refused() : "";
    }
};

TEST_P(RefusedCallsTest, EachMayFailOnceAndAtMostOneClientIsLost) {
    static_cast<void>(Spend(0));
    const std::size_t descriptors = iocp_test::OpenDescriptors();
    std::set<std::string> refused;
    for (int number = 1;; ++number) {
        SCOPED_TRACE(testing::Message() << "call " << number);
        const std::string name = Spend(number);
        SCOPED_TRACE(name);
        if (name.empty()) break;
        refused.insert(name);
        EXPECT_EQ(iocp_test::OpenDescriptors(), descriptors);
        if (HasFailure()) return;
    }
    EXPECT_GE(refused.size(), 10u);
}

std::string NameOf(const testing::TestParamInfo<Refusal>& info) {
    const auto [engine, error] = info.param;
    return std::string(iocp::ToString(engine)) + "_" + (error == EINTR ? "EINTR" : "ENOMEM");
}

INSTANTIATE_TEST_SUITE_P(On, RefusedCallsTest,
                         testing::Combine(testing::ValuesIn(iocp_test::EnginesUnderTest()),
                                          testing::Values(ENOMEM, EINTR)),
                         NameOf);

}  // namespace
