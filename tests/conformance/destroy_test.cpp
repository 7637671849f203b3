// SPDX-License-Identifier: MIT
// Coroutines that are destroyed while the kernel works for them.
#include "conformance.h"

#include "engine.h"
#include "support/decorators.h"

#include <array>
#include <atomic>
#include <thread>
#include <utility>

namespace iocp_test {

using DestroyTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, DestroyTest, EveryEngine(), NameOfEngine);

namespace {

constexpr std::size_t kMoreThanBuffersHold = std::size_t{24} << 20;

// Starts a task without waiting for it.
class Begin {
public:
    Begin(Task<>& task, Conformance& test) noexcept : task_(task), test_(test) {}

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> handler) {
        if (!task_.await_suspend(handler)) test_.notes.Write("it did not wait");
        return false;
    }
    void await_resume() const noexcept {}

private:
    Task<>& task_;
    Conformance& test_;
};

Task<> RecvALease(IOCP_Client& client) { co_await client.Recv(); }

Task<> RecvALeaseInTime(IOCP_Client& client) { co_await client.Recv().Within(1h); }

Task<> RecvIntoMemory(IOCP_Client& client) {
    std::array<std::byte, 1000> memory;
    co_await client.Recv(memory);
}

Task<> SendALot(IOCP_Client& client) {
    const std::string bytes(kMoreThanBuffersHold, 'x');
    co_await client.Send(bytes);
}

Task<> SendALittle(IOCP_Client& client) {
    const std::string bytes("a little");
    co_await client.Send(bytes);
}

Task<> ConnectTo(iocp::Endpoint remote) { co_await iocp::Connect(remote); }

Loose ConnectLoosely(iocp::Endpoint remote) { co_await iocp::Connect(remote); }

// Knows how many operations the kernel has that use memory of a coroutine's.
class CountingNetwork final : public NetworkDecorator {
public:
    CountingNetwork() noexcept : NetworkDecorator(iocp::detail::SystemNetwork()) {}

    [[nodiscard]] std::unique_ptr<iocp::detail::Engine> MakeEngine(iocp::EngineKind kind, const iocp::Options& options,
                                                                   iocp::detail::BufferPool& buffers) override {
        return std::make_unique<CountingEngine>(NetworkDecorator::MakeEngine(kind, options, buffers), *this);
    }

    std::atomic<int> begun = 0;
    std::atomic<int> under_way = 0;

private:
    class CountingEngine final : public EngineDecorator {
    public:
        CountingEngine(std::unique_ptr<Engine> inner, CountingNetwork& network) noexcept
            : EngineDecorator(std::move(inner)), network_(network) {}

        [[nodiscard]] iocp::detail::Submission Submit(IOCP_Operation& operation) noexcept override {
            const auto submission = Inner().Submit(operation);
            if (submission == iocp::detail::Submission::Pending && Counts(operation)) {
                ++network_.begun;
                ++network_.under_way;
            }
            return submission;
        }

        void Wait(iocp::detail::OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override {
            iocp::detail::OperationQueue now;
            Inner().Wait(now, timeout);
            while (!now.Empty()) {
                IOCP_Operation& operation = now.Pop();
                if (Counts(operation)) --network_.under_way;
                ended.Push(operation);
            }
        }

    private:
        static bool Counts(const IOCP_Operation& operation) noexcept {
            using Kind = IOCP_Operation::Kind;
            return operation.kind == Kind::Recv || operation.kind == Kind::Send || operation.kind == Kind::SendFile;
        }

        CountingNetwork& network_;
    };
};

// Two clients that each destroy, as soon as something has come, the coroutine with which the other waits.
class Duel final : public IOCP_Protocol {
public:
    explicit Duel(Conformance& test) : test_(test) {}

private:
    Task<> ProcedureClient(IOCP_Client& client) override {
        const std::size_t me = clients_++;
        duellists_.at(me) = Await(client, *this, 1 - me).coroutine;
        test_.notes.Write("waiting");
        static_cast<void>(co_await iocp::Sleep(1h));
        if (duellists_.at(me)) duellists_.at(me).destroy();
    }

    static Loose Await(IOCP_Client& client, Duel& duel, std::size_t other) {
        const auto message = co_await client.Recv();
        if (!message) co_return;
        duel.test_.notes.Write(std::string(message.Text()));
        std::exchange(duel.duellists_.at(other), {}).destroy();
    }

    Conformance& test_;
    std::size_t clients_ = 0;
    std::array<std::coroutine_handle<>, 2> duellists_;
};

// Keeps the worker from its next turn.
Task<> HoldUntil(const std::atomic<bool>& over, Conformance& test) {
    test.notes.Write("held");
    while (!over) std::this_thread::yield();
    co_return;
}

Task<> HoldAConnection(iocp::Endpoint remote) {
    auto connection = co_await iocp::Connect(remote);
    co_await connection->Recv();
}

// Destroys `task` while it waits for the kernel, and notes it.
Task<> BeginAndDestroy(Task<> task, Conformance& test) {
    Begin begin(task, test);
    co_await begin;
    test.notes.Write("waiting");
    co_await test.gate;
    task = {};
    test.notes.Write("destroyed");
}

void LetItBeDestroyed(Conformance& test) {
    EXPECT_EQ(test.notes.Next(), "waiting");
    test.Settle();
    test.OpenGate();
    EXPECT_EQ(test.notes.Next(), "destroyed");
}

}  // namespace

TEST_P(DestroyTest, ARecvOfALease) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await BeginAndDestroy(RecvALease(client), test);
        co_await Echo(client, test);
    });
    Peer peer(Where());

    LetItBeDestroyed(*this);
    Settle();

    peer.Send("goes on");
    EXPECT_EQ(peer.Receive(7), "goes on");
}

TEST_P(DestroyTest, ARecvWithADeadline) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await BeginAndDestroy(RecvALeaseInTime(client), test);
        co_await Echo(client, test);
    });
    Peer peer(Where());

    LetItBeDestroyed(*this);
    Settle();

    peer.Send("goes on");
    EXPECT_EQ(peer.Receive(7), "goes on");
}

TEST_P(DestroyTest, ARecvIntoMemoryThatGoesAwayWithIt) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await BeginAndDestroy(RecvIntoMemory(client), test);
        co_await Echo(client, test);
    });
    Peer peer(Where());

    LetItBeDestroyed(*this);

    peer.Send("goes on");
    EXPECT_EQ(peer.Receive(7), "goes on");
}

// A kernel that wrote to it later would do so without a trace.
TEST_P(DestroyTest, WhatItWaitedForLeavesItsMemoryAloneFromThenOn) {
    CountingNetwork counting;
    options.network = &counting;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto& counts = static_cast<const CountingNetwork&>(*test.options.network);
        co_await BeginAndDestroy(RecvIntoMemory(client), test);
        test.notes.Write(std::to_string(counts.under_way));
        co_await BeginAndDestroy(SendALot(client), test);
        test.notes.Write(std::to_string(counts.under_way));
    });
    const Peer peer(Where());

    for (int i = 0; i < 2; ++i) {
        LetItBeDestroyed(*this);
        EXPECT_EQ(notes.Next(), "0");
    }
    EXPECT_GE(counting.begun, 2);
    core->Stop();
}

TEST_P(DestroyTest, ARecvThatHasEndedInTheSameTurn) {
    Serve(std::make_shared<Duel>(*this));
    const Peer one(Where());
    const Peer other(Where());
    EXPECT_EQ(notes.NextSorted(2), Times(2, "waiting"));
    Settle();
    std::atomic<bool> sent = false;
    core->Spawn(HoldUntil(sent, *this));
    EXPECT_EQ(notes.Next(), "held");
    one.Send("x");
    other.Send("x");
    sent = true;

    EXPECT_EQ(notes.Next(), "x");
    core->Stop();
    EXPECT_EQ(notes.Rest(), std::vector<std::string>());
}

TEST_P(DestroyTest, AConnectInTheLastTurnOfItsCore) {
    const FullListener full;
    Serve(std::vector<iocp::Listener>());
    core->Spawn([](iocp::Endpoint remote, Conformance& test) -> Task<> {
        const Loose connecting = ConnectLoosely(remote);
        test.notes.Write("waiting");
        test.notes.Write(co_await iocp::Sleep(1h));
        connecting.coroutine.destroy();
    }(full.Local(), *this));
    EXPECT_EQ(notes.Next(), "waiting");

    core->Stop();

    EXPECT_EQ(notes.Next(), "stopped");
}

TEST_P(DestroyTest, ASendWhoseBytesGoAwayWithItCutsTheStream) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await BeginAndDestroy(SendALot(client), test);
        test.notes.Write(co_await client.Send("after the cut"));
    });
    Peer peer(Where());

    LetItBeDestroyed(*this);

    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_LT(peer.ReceiveAll().size(), kMoreThanBuffersHold);
}

TEST_P(DestroyTest, ASendThatWaitsForItsTurnLeavesTheStreamWhole) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.core->Spawn(BeginAndDestroy(SendALittle(client), test));
        const std::string bytes(kMoreThanBuffersHold, 'x');
        co_await client.Send(bytes);
        co_await client.Send("end");
    });
    Peer peer(Where());

    LetItBeDestroyed(*this);

    EXPECT_EQ(peer.Receive(kMoreThanBuffersHold).size(), kMoreThanBuffersHold);
    EXPECT_EQ(peer.ReceiveAll(), "end");
}

TEST_P(DestroyTest, AConnectThatNobodyAnswers) {
    Serve(Echo);
    const FullListener full;

    core->Spawn(BeginAndDestroy(ConnectTo(full.Local()), *this));

    LetItBeDestroyed(*this);
}

TEST_P(DestroyTest, AConnectionWithARecvUnderWay) {
    Serve(Listen);

    core->Spawn(BeginAndDestroy(HoldAConnection(Where()), *this));

    LetItBeDestroyed(*this);
    EXPECT_EQ(notes.Next(), "closed");
}

TEST_P(DestroyTest, ARecvOfAUdpPeer) {
    Serve(Udp([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await client.Recv();
        co_await BeginAndDestroy(RecvALeaseInTime(client), test);
        co_await Echo(client, test);
    }));
    const UdpPeer peer(Where());
    peer.Send("x");

    LetItBeDestroyed(*this);

    peer.Send("goes on");
    EXPECT_EQ(peer.Receive(), "goes on");
}

TEST_P(DestroyTest, ARecvFromOfAWholeSocket) {
    class Impatient final : public iocp::DatagramProtocol {
    public:
        explicit Impatient(Conformance& test) : test_(test) {}
        Task<> ProcedureSocket(iocp::DatagramSocket& socket) override {
            co_await BeginAndDestroy(RecvOne(socket), test_);
            while (const auto datagram = co_await socket.RecvFrom()) socket.SendTo(datagram.From(), datagram.Bytes());
        }

    private:
        static Task<> RecvOne(iocp::DatagramSocket& socket) { co_await socket.RecvFrom(); }

        Conformance& test_;
    };
    Serve(iocp::Listener(0, 1, std::make_shared<Impatient>(*this), Transport::Udp, "127.0.0.1"));

    LetItBeDestroyed(*this);
    Settle();

    const UdpPeer peer(Where());
    peer.Send("goes on");
    EXPECT_EQ(peer.Receive(), "goes on");
}

TEST_P(DestroyTest, AllThatAHandlerHasBegunWhenItReturns) {
    Serve({Tcp([](IOCP_Client& client, Conformance& test) -> Task<> {
               const FullListener full;
               Task<> receiving = RecvIntoMemory(client);
               Task<> sending = SendALot(client);
               Task<> connecting = ConnectTo(full.Local());
               Task<> connected = HoldAConnection(test.Where(1));
               for (Task<>* task : {&receiving, &sending, &connecting, &connected}) {
                   Begin begin(*task, test);
                   co_await begin;
               }
               test.notes.Write("waiting");
               co_await test.gate;
               test.notes.Write("destroyed");
           }),
           Tcp(Listen)});
    Peer peer(Where());

    LetItBeDestroyed(*this);

    EXPECT_EQ(notes.Next(), "closed");
    EXPECT_LT(peer.ReceiveAll().size(), kMoreThanBuffersHold);
}

}  // namespace iocp_test
