// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <stdexcept>

namespace iocp_test {

using ProtocolTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, ProtocolTest, EveryEngine(), NameOfEngine);

namespace {

// Lets every other client in.
class Doorman final : public IOCP_Protocol {
public:
    explicit Doorman(Conformance& test) : test_(test) {}

    std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival& arrival) override {
        test_.notes.Write(arrival.remote.ToString());
        refuse_ = !refuse_;
        return refuse_ ? nullptr : std::make_shared<IOCP_Client>();
    }
    Task<> ProcedureClient(IOCP_Client& client) override { return Echo(client, test_); }
    void DeleteClient(IOCP_Client&) override { test_.notes.Write("deleted"); }

private:
    Conformance& test_;
    bool refuse_ = false;
};

struct Visitor final : IOCP_Client {
    std::string name = "nobody";
};

class Greeting final : public iocp::ProtocolFor<Visitor> {
public:
    explicit Greeting(Conformance& test) : test_(test) {}

    Task<> ProcedureClient(Visitor& visitor) override {
        const auto message = co_await visitor.Recv();
        visitor.name = message.Text();
        co_await visitor.Send("hello");
    }
    void DeleteClient(Visitor& visitor) override { test_.notes.Write("goodbye " + visitor.name); }

private:
    Conformance& test_;
};

// Tells when it is destroyed.
struct Local {
    explicit Local(Conformance& of) : test(of) {}
    Local(const Local&) = delete;
    Local& operator=(const Local&) = delete;
    ~Local() { test.notes.Write("handler gone"); }
    Conformance& test;
};

// Ends in the way that its client asks for.
class Ending final : public IOCP_Protocol {
public:
    explicit Ending(Conformance& test) : test_(test) {}

    Task<> ProcedureClient(IOCP_Client& client) override {
        const Local local(test_);
        co_await client.Send("welcome");
        const auto order = co_await client.Recv();
        if (order.Text() == "throw") throw std::runtime_error("as ordered");
        if (order.Text() == "return") co_return;
        if (order.Text() == "close") client.Close();
        if (order.Text() == "stay") {
            co_await client.Send(" staying");
            co_await test_.gate;
        }
        co_await client.Recv();
    }
    void DeleteClient(IOCP_Client& client) override {
        test_.notes.Write(test_.core->FindClient(client.Id()) == nullptr ? "deleted" : "deleted too early");
    }

private:
    Conformance& test_;
};

}  // namespace

TEST_P(ProtocolTest, AClientThatIsRefusedIsDisconnected) {
    Serve(std::make_shared<Doorman>(*this));

    Peer refused(Where());
    EXPECT_NE(refused.AwaitEnd(), StreamEnd::Open);
    EXPECT_EQ(notes.Next(), refused.Local().ToString());
    Peer accepted(Where());
    accepted.Send("x");
    EXPECT_EQ(accepted.Receive(1), "x");
    EXPECT_EQ(notes.Next(), accepted.Local().ToString());

    EXPECT_EQ(core->Counters().clients_refused, 1u);
    EXPECT_EQ(core->Counters().clients_accepted, 1u);
    core->Stop();
    EXPECT_EQ(notes.Rest(), Times(1, "deleted"));
}

TEST_P(ProtocolTest, AClientHasTheTypeThatItsProtocolSays) {
    Serve(std::make_shared<Greeting>(*this));
    Peer peer(Where());

    peer.Send("Ada");

    EXPECT_EQ(peer.ReceiveAll(), "hello");
    EXPECT_EQ(notes.Next(), "goodbye Ada");
}

TEST_P(ProtocolTest, OneProtocolServesSeveralListeners) {
    const auto greeting = std::make_shared<Greeting>(*this);
    Serve({{0, 1, greeting, Transport::Tcp, "127.0.0.1"},
           {0, 2, greeting, Transport::Tcp, "127.0.0.1"},
           {0, 3, greeting, Transport::Udp, "127.0.0.1"}});
    Peer first(Where(0));
    Peer second(Where(1));
    const UdpPeer third(Where(2));

    first.Send("Ada");
    second.Send("Bob");
    third.Send("Cy");

    EXPECT_EQ(first.ReceiveAll(), "hello");
    EXPECT_EQ(second.ReceiveAll(), "hello");
    EXPECT_EQ(third.Receive(), "hello");
    EXPECT_EQ(notes.NextSorted(3), (std::vector<std::string>{"goodbye Ada", "goodbye Bob", "goodbye Cy"}));
}

using EndingTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, EndingTest, EveryEngine(), NameOfEngine);

TEST_P(EndingTest, AHandlerThatReturnsIsFollowedByDeleteClientOnce) {
    Serve(std::make_shared<Ending>(*this));
    Peer peer(Where());

    peer.Send("return");

    EXPECT_EQ(peer.ReceiveAll(), "welcome");
    core->Stop();
    EXPECT_EQ(notes.Rest(), (std::vector<std::string>{"handler gone", "deleted"}));
}

TEST_P(EndingTest, AHandlerThatThrowsIsFollowedByDeleteClientOnce) {
    Serve(std::make_shared<Ending>(*this));
    Peer peer(Where());

    peer.Send("throw");

    EXPECT_EQ(peer.ReceiveAll(), "welcome");
    core->Stop();
    EXPECT_NE(errors.Next().find("as ordered"), std::string::npos);
    EXPECT_EQ(notes.Rest(), (std::vector<std::string>{"handler gone", "deleted"}));
}

TEST_P(EndingTest, ACloseIsFollowedByDeleteClientOnce) {
    Serve(std::make_shared<Ending>(*this));
    Peer peer(Where());

    peer.Send("close");

    EXPECT_EQ(peer.ReceiveAll(), "welcome");
    core->Stop();
    EXPECT_EQ(notes.Rest(), (std::vector<std::string>{"handler gone", "deleted"}));
}

TEST_P(EndingTest, APeerThatLeavesIsFollowedByDeleteClientOnce) {
    Serve(std::make_shared<Ending>(*this));
    Peer(Where()).Close();

    EXPECT_EQ(notes.Next(), "handler gone");
    EXPECT_EQ(notes.Next(), "deleted");
    core->Stop();
    EXPECT_EQ(notes.Rest(), std::vector<std::string>());
}

TEST_P(EndingTest, AResetIsFollowedByDeleteClientOnce) {
    Serve(std::make_shared<Ending>(*this));
    Peer peer(Where());
    EXPECT_EQ(peer.Receive(7), "welcome");
    Settle();

    peer.Reset();

    EXPECT_EQ(notes.Next(), "handler gone");
    EXPECT_EQ(notes.Next(), "deleted");
    core->Stop();
    EXPECT_EQ(notes.Rest(), std::vector<std::string>());
}

TEST_P(EndingTest, AStopIsFollowedByDeleteClientOnce) {
    Serve(std::make_shared<Ending>(*this));
    Peer peer(Where());
    EXPECT_EQ(peer.Receive(7), "welcome");

    core->Stop();

    EXPECT_EQ(notes.Rest(), (std::vector<std::string>{"handler gone", "deleted"}));
}

TEST_P(EndingTest, AHandlerThatIsUnwoundIsFollowedByDeleteClientOnce) {
    Serve(std::make_shared<Ending>(*this));
    Peer peer(Where());
    EXPECT_EQ(peer.Receive(7), "welcome");
    peer.Send("stay");
    EXPECT_EQ(peer.Receive(8), " staying");

    core->Stop(0ms);

    EXPECT_EQ(notes.Rest(), (std::vector<std::string>{"handler gone", "deleted"}));
    EXPECT_EQ(core->Counters().handlers_unwound, 1u);
}

}  // namespace iocp_test
