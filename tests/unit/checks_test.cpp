// SPDX-License-Identifier: MIT
// What a build with IOCP_CORE_CHECKS tells of a program's mistakes: what is wrong, and where.
#include "support/notes.h"
#include "support/peer.h"

#include <gtest/gtest.h>
#include <iocp/iocp.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;

using iocp::Task;
using iocp_test::Notes;
using iocp_test::Peer;

// "checks_test.cpp:LINE", as a regular expression.
std::string At(int line) { return "checks_test\\.cpp:" + std::to_string(line); }

// A core that runs `handler` for each client, and what it tells.
class Checked : private IOCP_Protocol, public IOCP_CORE {
public:
    using Handler = Task<> (*)(IOCP_Client& client, Checked& core);

    explicit Checked(Handler handler, iocp::Options options = {})
        : IOCP_CORE({iocp::Listener(0, 1, std::shared_ptr<IOCP_Protocol>(std::shared_ptr<void>(), this),
                                    iocp::Transport::Tcp, "127.0.0.1")},
                    options),
          handler_(handler) {
        Start(1);
    }
    ~Checked() override { Stop(); }

    // Connects, and stays until the handler has ended.
    void Visit() {
        Peer peer(Listening());
        static_cast<void>(peer.ReceiveAll());
    }

    std::shared_ptr<IOCP_Client> kept;
    Notes stalls;
    std::atomic<std::uint64_t> stalled_client = 0;

private:
    void OnStart() override {}
    void OnError(const iocp::HandlerError&) noexcept override {}
    void OnStall(const iocp::Stall& stall) noexcept override {
        stalled_client = stall.client_id;
        stalls.Write(stall.Message());
    }
    Task<> ProcedureClient(IOCP_Client& client) override { return handler_(client, *this); }

    Handler handler_;
};

class ChecksTest : public testing::Test {
protected:
    ChecksTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

    // What `run` makes the library print.
    static std::string Printed(const std::function<void()>& run) {
        testing::internal::CaptureStderr();
        run();
        return testing::internal::GetCapturedStderr();
    }
};

constexpr int kFirstRecv = __LINE__ + 1;
Task<> RecvBeside(IOCP_Client& client) { co_await client.Recv(); }

constexpr int kSecondRecv = __LINE__ + 3;
Task<> RecvTwice(IOCP_Client& client, Checked&) {
    client.Spawn(RecvBeside, std::ref(client));
    co_await client.Recv();
}

TEST_F(ChecksTest, TwoRecvAtOnceAreToldWithBothPlaces) {
    const auto run = [] { Checked(&RecvTwice).Visit(); };

    EXPECT_DEATH(run(), "misuse: two Recv at once on one client: one at .*" + At(kFirstRecv) + ", the other at .*" +
                            At(kSecondRecv));
}

constexpr int kLateSend = __LINE__ + 1;
Task<> SendTo(std::shared_ptr<IOCP_Client> client) { co_await client->Send("late"); }

Task<> KeepClient(IOCP_Client& client, Checked& core) {
    core.kept = client.shared_from_this();
    co_return;
}

TEST_F(ChecksTest, AClientThatIsUsedAfterItsHandlerIsTold) {
    const std::string printed = Printed([] {
        Checked core(&KeepClient);
        core.Visit();
        while (core.ClientCount() != 0) std::this_thread::yield();
        core.Spawn(SendTo(core.kept));
    });

    EXPECT_NE(printed.find("misuse: Recv or Send on a client whose handler has ended at "), printed.npos) << printed;
    EXPECT_NE(printed.find("checks_test.cpp:" + std::to_string(kLateSend)), printed.npos) << printed;
}

TEST_F(ChecksTest, AClientThatIsUsedByAnotherWorkerIsTold) {
    const auto run = [] {
        Checked theirs(&KeepClient), core([](IOCP_Client& client, Checked& self) -> Task<> {
            self.kept = client.shared_from_this();
            self.stalls.Write("kept");
            co_await client.Recv();
        });
        const Peer peer(core.Listening());
        static_cast<void>(core.stalls.Next());
        theirs.Spawn(SendTo(core.kept));
        std::this_thread::sleep_for(1h);
    };

    EXPECT_DEATH(run(), "misuse: Recv or Send on a client of another worker at .*" + At(kLateSend));
}

Task<> Nothing() { co_return; }

Task<> Forget(IOCP_Client&, Checked&) {
    auto forgotten = Nothing();
    co_return;
}

TEST_F(ChecksTest, ATaskThatNobodyAwaitedIsTold) {
    const std::string printed = Printed([] { Checked(&Forget).Visit(); });

    EXPECT_NE(printed.find("misuse: a task was dropped that nobody has awaited, so it never ran: "), printed.npos);
    EXPECT_NE(printed.find("Nothing"), printed.npos) << printed;
    EXPECT_NE(printed.find("checks_test.cpp:"), printed.npos) << printed;
}

Task<> Throw() {
    throw std::runtime_error("on purpose");
    co_return;
}

// Each of these ways to let a task go is no mistake.
Task<> LetGo(IOCP_Client& client, Checked& core) {
    co_await Nothing();
    co_await iocp::Race(Nothing(), Nothing());
    client.Spawn(Nothing);
    core.Spawn(Nothing());
    Task<> in_the_frame = Nothing();
    Task<> moved = std::move(in_the_frame);
    co_await moved;
    Task<> behind_a_throw = Nothing();
    co_await Throw();
}

Task<> NeverEnd(IOCP_Client&, Checked&) {
    const auto unawaited = Nothing();
    co_await std::suspend_always();
}

TEST_F(ChecksTest, TasksThatGoWithTheirOwnerAreNotTold) {
    const std::string printed = Printed([] {
        Checked(&LetGo).Visit();
        {
            Checked core(&NeverEnd);
            const Peer peer(core.Listening());
            while (core.ClientCount() == 0) std::this_thread::yield();
            core.Stop(0ms);
        }
        IOCP_CORE never_started({});
        never_started.Spawn(Nothing());
    });

    EXPECT_EQ(printed, "");
}

constexpr int kBeforeStall = __LINE__ + 2;
Task<> Block(IOCP_Client& client, Checked& core) {
    co_await client.Send("I am going to block.");
    core.kept = client.shared_from_this();
    while (core.stalled_client == 0) std::this_thread::sleep_for(1ms);
}

Task<> BlockInAChild(IOCP_Client& client, Checked& core) {
    client.Spawn(Block, std::ref(client), std::ref(core));
    co_return;
}

Task<> BlockAtOnce(IOCP_Client& client, Checked& core) {
    core.kept = client.shared_from_this();
    while (core.stalled_client == 0) std::this_thread::sleep_for(1ms);
    co_return;
}

iocp::Options ShortStall() {
    iocp::Options options;
    options.stall = 20ms;
    return options;
}

TEST_F(ChecksTest, AHandlerThatBlocksItsWorkerIsToldWithItsLastAwait) {
    for (const auto handler : {&Block, &BlockInAChild}) {
        Checked core(handler, ShortStall());
        core.Visit();
        core.Stop();

        const std::string told = core.stalls.Next();
        const std::string by = " ms by client " + std::to_string(core.kept->Id()) + ", after its await at ";
        EXPECT_EQ(told.substr(0, 27), "worker 0 has been kept for ");
        EXPECT_NE(told.find(by), told.npos) << told;
        EXPECT_NE(told.find("checks_test.cpp:" + std::to_string(kBeforeStall)), told.npos) << told;
        EXPECT_EQ(core.stalled_client, core.kept->Id());
        EXPECT_EQ(core.Counters().stalls, 1U);
    }
}

TEST_F(ChecksTest, AHandlerThatBlocksBeforeItsFirstAwaitIsTold) {
    Checked core(&BlockAtOnce, ShortStall());
    core.Visit();
    core.Stop();

    EXPECT_EQ(core.stalls.Next().substr(0, 27), "worker 0 has been kept for ");
    EXPECT_EQ(core.stalled_client, core.kept->Id());
}

TEST_F(ChecksTest, WaitingIsNoStall) {
    Checked core(
        [](IOCP_Client& client, Checked&) -> Task<> {
            for (int i = 0; i < 5; ++i) co_await iocp::Sleep(100ms);
            co_await client.Send("done");
        },
        ShortStall());
    core.Visit();

    EXPECT_LE(core.Counters().stalls, 1U);  // one may be the machine's
}

}  // namespace
