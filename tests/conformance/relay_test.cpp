// SPDX-License-Identifier: MIT
// Connecting by name, and relaying.
#include "conformance.h"

#include "support/decorators.h"

#include <atomic>
#include <thread>

namespace iocp_test {

class RelayTest : public Conformance {
public:
    // The server, and a proxy in front of it that finds it by a name.
    void ServeBehindProxy(const std::string& host, iocp::ConnectOptions connecting = {.within = 20s, .stagger = 20ms});
    void ServeProxy(const std::string& host, iocp::ConnectOptions connecting);

    std::unique_ptr<IOCP_CORE> behind;
};
INSTANTIATE_TEST_SUITE_P(On, RelayTest, EveryEngine(), NameOfEngine);

namespace {

// Names lead where the test wants.
class Names final : public NetworkDecorator {
public:
    Names() : NetworkDecorator(iocp::detail::SystemNetwork()) {}

    [[nodiscard]] Resolved Resolve(const std::string& host, std::uint16_t port) override {
        if (host == "hangs") {
            ++hanging;
            while (!release) std::this_thread::sleep_for(1ms);
            --hanging;
            return {{}, 1};
        }
        if (host == "nowhere") return {{}, ConnectionRefusedCode()};
        std::vector<iocp::Endpoint> all;
        const auto add = [&](std::string_view address) { all.push_back(*iocp::Endpoint::Parse(address, port)); };
        if (host == "dead-first") add("2001:db8::1");  // RFC 3849: leads nowhere
        if (host == "refused-first") add("127.0.0.2");
        add("127.0.0.1");
        return {all, 0};
    }

    std::atomic<int> hanging = 0;
    std::atomic<bool> release = false;
};

// Outlives every lookup.
Names& TheNames() {
    static Names names;
    return names;
}

// What the front of a proxy does, between two cores.
class Proxy final : public IOCP_Protocol {
public:
    Proxy(std::string host, std::uint16_t port, iocp::ConnectOptions connecting, Conformance& test)
        : host_(std::move(host)), port_(port), connecting_(connecting), test_(test) {}

private:
    Task<> ProcedureClient(IOCP_Client& client) override {
        auto upstream = co_await iocp::Connect(host_, port_, connecting_);
        test_.notes.Write(upstream ? Outcome::Ok : upstream.Why());
        if (!upstream) co_return;
        const auto relayed = co_await iocp::Relay(client, *upstream);
        test_.notes.Write(std::string(ToString(relayed.Why())) + " " + std::to_string(relayed.forth) + " " +
                          std::to_string(relayed.back));
    }

    std::string host_;
    std::uint16_t port_;
    iocp::ConnectOptions connecting_;
    Conformance& test_;
};

// A server that echoes to the end, and then says goodbye.
Task<> EchoAndBye(IOCP_Client& client, Conformance&) {
    while (auto message = co_await client.Recv()) static_cast<void>(co_await client.Send(message));
    static_cast<void>(co_await client.Send("bye"));
}

}  // namespace

void RelayTest::ServeBehindProxy(const std::string& host, iocp::ConnectOptions connecting) {
    options.network = &TheNames();
    Serve(EchoAndBye);
    behind = std::move(core);
    ServeProxy(host, connecting);
}

void RelayTest::ServeProxy(const std::string& host, iocp::ConnectOptions connecting) {
    options.network = &TheNames();
    const std::uint16_t port = behind ? behind->Listening().Port() : std::uint16_t{1};
    Serve(std::make_shared<Proxy>(host, port, connecting, *this));
}

TEST_P(RelayTest, BothDirectionsAndTheirEndsArePassedOn) {
    ServeBehindProxy("localhost");
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "ok");
    peer.Send("hello");
    EXPECT_EQ(peer.Receive(5), "hello");
    peer.FinishSending();

    EXPECT_EQ(peer.ReceiveAll(), "bye");
    EXPECT_EQ(notes.Next(), "ok 5 8");
}

TEST_P(RelayTest, AResetEndsBothSides) {
    ServeBehindProxy("127.0.0.1");
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "ok");
    peer.Send("hello");
    EXPECT_EQ(peer.Receive(5), "hello");
    peer.Reset();

    EXPECT_EQ(notes.Next(), "reset 5 5");
    while (behind->ClientCount() > 0) std::this_thread::yield();
}

TEST_P(RelayTest, MuchGoesBothWays) {
    ServeBehindProxy("localhost");
    Peer peer(Where());
    const std::string bytes = Noise(std::size_t{24} << 20);
    std::thread sender([&] {
        peer.Send(bytes);
        peer.FinishSending();
    });
    const std::string back = peer.ReceiveAll();
    sender.join();

    EXPECT_TRUE(back == bytes + "bye");
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(notes.Next(), "ok " + std::to_string(bytes.size()) + " " + std::to_string(bytes.size() + 3));
}

TEST_P(RelayTest, ADeadAddressDoesNotHoldUpALiveOne) {
    ServeBehindProxy("dead-first");
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "ok");
    peer.FinishSending();
    EXPECT_EQ(notes.Next(), "ok 0 3");
}

TEST_P(RelayTest, ARefusedAddressGivesWayAtOnce) {
    ServeBehindProxy("refused-first", {.within = 20s, .stagger = 20s});
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "ok");
}

TEST_P(RelayTest, ANameThatIsNotThereIsASystemError) {
    ServeBehindProxy("nowhere");
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "system error");
}

TEST_P(RelayTest, ADeadlineAndAStopDoNotWaitForTheResolver) {
    Names& names = TheNames();
    names.release = false;
    ServeProxy("hangs", {.within = 50ms, .stagger = 20ms});
    {
        const Peer peer(Where());
        EXPECT_EQ(notes.Next(), "timeout");
    }
    core->Stop();
    ServeProxy("hangs", {.within = 1h, .stagger = 20ms});
    const Peer peer(Where());
    while (names.hanging < 2) std::this_thread::yield();
    core->Stop();

    EXPECT_EQ(notes.Next(), "stopped");
    names.release = true;
    while (names.hanging > 0) std::this_thread::yield();
}

}  // namespace iocp_test
