// SPDX-License-Identifier: MIT
// Coroutines that are destroyed while the kernel works for them.
#include "conformance.h"

#include <array>

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
