// SPDX-License-Identifier: MIT
// What a program must not do ends it, with a sentence.
#include "buffer_pool.h"
#include "support/peer.h"
#include "support/temporary_file.h"

#include <gtest/gtest.h>
#include <iocp/file.h>
#include <iocp/iocp.h>

#include <chrono>
#include <coroutine>
#include <memory>
#include <optional>
#include <string>

namespace {

using iocp::Task;
using iocp_test::Loopback;
using iocp_test::Peer;

// Greets, so that a peer knows that it runs.
class Greeter final : public IOCP_Protocol {
    Task<> ProcedureClient(IOCP_Client& client) override {
        co_await client.Send("hello");
        co_await client.Recv();
    }
};

class TwiceReceiving final : public IOCP_Protocol {
public:
    IOCP_CORE* core = nullptr;

private:
    static Task<> Recv(IOCP_Client& client) { co_await client.Recv(); }
    Task<> ProcedureClient(IOCP_Client& client) override {
        core->Spawn(Recv(client));
        co_await client.Recv();
    }
};

// Awaits two tasks together by means of its own.
class AwaitingTwo final : public IOCP_Protocol {
    struct Both {
        Task<> one;
        Task<> other;

        bool await_ready() const noexcept { return false; }
        template <class Promise>
        bool await_suspend(std::coroutine_handle<Promise> waiter) {
            return one.await_suspend(waiter) && other.await_suspend(waiter);
        }
        void await_resume() const noexcept {}
    };

    static Task<> Sleep() { co_await iocp::Sleep(std::chrono::hours(1)); }
    Task<> ProcedureClient(IOCP_Client&) override {
        Both both{Sleep(), Sleep()};
        co_await both;
    }
};

class ReadingLinesTwice final : public IOCP_Protocol {
public:
    IOCP_CORE* core = nullptr;

private:
    static Task<> ReadLine(IOCP_Client& client) { co_await client.RecvLine(100); }
    Task<> ProcedureClient(IOCP_Client& client) override {
        co_await client.RecvLine(100);
        core->Spawn(ReadLine(client));
        co_await client.RecvLine(100);
    }
};

class DestroyingItsCore final : public IOCP_Protocol {
public:
    std::optional<IOCP_CORE>* core = nullptr;

private:
    Task<> ProcedureClient(IOCP_Client& client) override {
        co_await client.Send("hello");
        core->reset();
    }
};

class SendingAFile final : public IOCP_Protocol {
public:
    SendingAFile() : file_(iocp::File::Open(iocp_test::TemporaryFile("abc").Path())) {}

private:
    Task<> ProcedureClient(IOCP_Client& client) override { co_await client.SendFile(*file_); }

    iocp::Value<iocp::File> file_;
};

class KeepingABuffer final : public IOCP_Protocol {
public:
    iocp::Received kept;

private:
    Task<> ProcedureClient(IOCP_Client& client) override {
        kept = co_await client.Recv();
        co_await client.Send("hello");
    }
};

class ForgettingToStop final : public IOCP_CORE {
public:
    using IOCP_CORE::IOCP_CORE;

private:
    void OnStart() override {}
};

iocp::Listener On127(std::shared_ptr<IOCP_Protocol> protocol) {
    return {0, 1, std::move(protocol), iocp::Transport::Tcp, "127.0.0.1"};
}

// Connects, and stays until the server has gone.
void Visit(const IOCP_CORE& core, std::string_view says = "") {
    Peer peer(core.Listening());
    peer.Send(says);
    static_cast<void>(peer.ReceiveAll());
}

class MisuseDeathTest : public testing::Test {
protected:
    MisuseDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
Task<> AskInACondition() {
    if (!co_await iocp::Sleep(std::chrono::milliseconds(1))) co_return;
}

TEST_F(MisuseDeathTest, ACoroutineThatGcc12WouldNotStart) {
    EXPECT_DEATH(static_cast<void>(AskInACondition()), "misuse: GCC 12 compiles this coroutine wrong");
}
#endif

TEST_F(MisuseDeathTest, TwoRecvAtOnce) {
    const auto run = [] {
        const auto protocol = std::make_shared<TwiceReceiving>();
        IOCP_CORE core({On127(protocol)});
        protocol->core = &core;
        core.Start(1);
        Visit(core);
    };

    EXPECT_DEATH(run(), "misuse: two Recv at once on one client");
}

TEST_F(MisuseDeathTest, TwoWaitsAtOnceInOneScope) {
    const auto run = [] {
        IOCP_CORE core({On127(std::make_shared<AwaitingTwo>())});
        core.Start(1);
        Visit(core);
    };

    EXPECT_DEATH(run(), "misuse: two waits at once in one scope: iocp::All and Race await tasks together");
}

TEST_F(MisuseDeathTest, TwoFramedCallsAtOnce) {
    for (const char* said : {"one\n", "one\nin part"}) {
        const auto run = [said] {
            const auto protocol = std::make_shared<ReadingLinesTwice>();
            IOCP_CORE core({On127(protocol)});
            protocol->core = &core;
            core.Start(1);
            Visit(core, said);
        };

        EXPECT_DEATH(run(), "misuse: two Recv at once on one client");
    }
}

TEST_F(MisuseDeathTest, AFrameThatHasNoEnd) {
    const auto client = std::make_shared<IOCP_Client>();

    EXPECT_DEATH(static_cast<void>(client->RecvUntil("", 10)), "misuse: RecvUntil without a delimiter");
    for (const std::size_t bytes : {0U, 9U})
        EXPECT_DEATH(static_cast<void>(client->RecvFrame({.bytes = bytes})),
                     "misuse: a length prefix that is not 1 to 8 bytes");
}

TEST_F(MisuseDeathTest, RecvOnAClientOfNoCore) {
    const auto client = std::make_shared<IOCP_Client>();
    const auto run = [&] { client->Recv().await_suspend(std::noop_coroutine()); };

    EXPECT_DEATH(run(), "misuse: Recv or Send on a client that no core has accepted");
}

TEST_F(MisuseDeathTest, AFileToAUdpClient) {
    const auto run = [] {
        IOCP_CORE core({{0, 1, std::make_shared<SendingAFile>(), iocp::Transport::Udp, "127.0.0.1"}});
        core.Start(1);
        static_cast<void>(iocp_test::UdpPeer(core.Listening()).Ask("a file"));
    };

    EXPECT_DEATH(run(), "misuse: SendFile on a UDP client");
}

TEST_F(MisuseDeathTest, AListenerWithoutAProtocol) {
    EXPECT_DEATH(IOCP_CORE({iocp::Listener(0, 1, nullptr)}), "misuse: a listener without a protocol");
}

TEST_F(MisuseDeathTest, ADerivedCoreThatIsDestroyedWhileItRuns) {
    const auto run = [] {
        ForgettingToStop core({On127(std::make_shared<Greeter>())});
        core.Start(1);
    };

    EXPECT_DEATH(run(),
                 "misuse: a class derived from IOCP_CORE was destroyed while it ran: call Stop in its destructor");
}

TEST_F(MisuseDeathTest, ACoreThatIsDestroyedByItsHandler) {
    const auto run = [] {
        const auto protocol = std::make_shared<DestroyingItsCore>();
        std::optional<IOCP_CORE> core;
        protocol->core = &core;
        core.emplace(std::initializer_list<iocp::Listener>{On127(protocol)});
        core->Start(1);
        Visit(*core);
    };

    EXPECT_DEATH(run(), "misuse: a core was destroyed by one of its own handlers or hooks");
}

TEST_F(MisuseDeathTest, AReceivedThatIsKeptAfterItsCoreHasStopped) {
    const auto run = [] {
        const auto protocol = std::make_shared<KeepingABuffer>();
        IOCP_CORE core({On127(protocol)});
        core.Start(1);
        Visit(core, "x");
        core.Stop();
    };

    EXPECT_DEATH(run(), "misuse: a Received was kept after its core had stopped");
}

TEST_F(MisuseDeathTest, APoolThatGoesBeforeItsBuffers) {
    const auto run = [] {
        iocp::detail::BufferPool pool(16, 1);
        static_cast<void>(pool.Acquire());
    };

    EXPECT_DEATH(run(), "misuse: a Received was kept");
}

TEST_F(MisuseDeathTest, AnOperationThatIsReleasedWhileItIsPending) {
    IOCP_OperationManager manager;
    IOCP_Operation& operation = manager.Acquire(IOCP_Operation::Kind::Recv);
    const auto run = [&] {
        operation.state = IOCP_Operation::State::Pending;
        manager.Release(operation);
    };

    EXPECT_DEATH(run(), "");
    manager.Release(operation);
}

TEST_F(MisuseDeathTest, AManagerThatGoesBeforeItsOperations) {
    const auto run = [] {
        IOCP_OperationManager manager;
        static_cast<void>(manager.Acquire(IOCP_Operation::Kind::Recv));
    };

    EXPECT_DEATH(run(), "");
}

}  // namespace
