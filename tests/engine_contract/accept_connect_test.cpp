// SPDX-License-Identifier: MIT
#include "contract.h"

#include <map>
#include <set>
#include <utility>

namespace iocp_test {

using iocp::detail::LocalEndpoint;

class AcceptContract : public EngineContract {
protected:
    AcceptContract() : listener_(Listen()) {}

    [[nodiscard]] iocp::Endpoint Here() const { return LocalEndpoint(listener_); }

    // The socket of an accept that has ended, attached.
    SocketHandle Take(IOCP_Operation& accept) {
        const SocketHandle socket = std::exchange(accept.Far().accepted, iocp::kNoSocket);
        Attach(socket, SocketRole::Stream);
        return socket;
    }

    const SocketHandle listener_;
};
INSTANTIATE_TEST_SUITE_P(Each, AcceptContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(AcceptContract, AcceptWaitsAndTellsWhoCame) {
    IOCP_Operation& accept = New(Kind::Accept, listener_);
    SubmitPending(accept);
    Turn();
    EXPECT_TRUE(IsPending(accept));

    Peer peer(Here());
    AwaitEnd(accept);

    ASSERT_EQ(accept.native_code, 0);
    ASSERT_NE(accept.Far().accepted, iocp::kNoSocket);
    EXPECT_EQ(accept.transferred, 0U);
    EXPECT_EQ(accept.Far().endpoint, peer.Local());
    const SocketHandle near = Take(accept);
    EXPECT_EQ(LocalEndpoint(near), Here());
    Complete(New(Kind::Send, near, Memory("hello")));
    EXPECT_EQ(peer.Receive(5), "hello");
    peer.Send("there");
    EXPECT_EQ(ReceiveText(near, 5), "there");
}

TEST_P(AcceptContract, SeveralAcceptsTakeOneConnectionEach) {
    constexpr int kAccepts = 12;
    std::vector<IOCP_Operation*> accepts;
    for (int i = 0; i < kAccepts; ++i) {
        accepts.push_back(&New(Kind::Accept, listener_));
        SubmitPending(*accepts.back());
    }

    std::vector<Peer> peers;
    std::set<std::string> expected;
    for (int i = 0; i < kAccepts; ++i) {
        peers.emplace_back(Here());
        expected.insert(peers.back().Local().ToString());
    }
    AwaitAll();

    std::set<std::string> came;
    std::set<SocketHandle> sockets;
    for (IOCP_Operation* accept : accepts) {
        ASSERT_EQ(accept->native_code, 0);
        came.insert(accept->Far().endpoint.ToString());
        sockets.insert(accept->Far().accepted);
    }
    EXPECT_EQ(came, expected);
    EXPECT_EQ(sockets.size(), accepts.size());
}

TEST_P(AcceptContract, ConnectionsThatCameBeforeTheAcceptAreTaken) {
    std::vector<Peer> peers;
    std::map<std::string, const Peer*> by_name;
    for (int i = 0; i < 8; ++i) peers.emplace_back(Here());
    for (const Peer& peer : peers) by_name[peer.Local().ToString()] = &peer;

    for (std::size_t i = 0; i < peers.size(); ++i) {
        IOCP_Operation& accept = Complete(New(Kind::Accept, listener_));
        ASSERT_EQ(accept.native_code, 0);
        const std::string name = accept.Far().endpoint.ToString();
        ASSERT_TRUE(by_name.contains(name));
        by_name[name]->Send(name);
        EXPECT_EQ(ReceiveText(Take(accept), name.size()), name);
        by_name.erase(name);
    }

    EXPECT_TRUE(by_name.empty());
}

TEST_P(AcceptContract, CancellingOneAcceptLeavesTheOthers) {
    std::vector<IOCP_Operation*> accepts;
    for (int i = 0; i < 3; ++i) {
        accepts.push_back(&New(Kind::Accept, listener_));
        SubmitPending(*accepts.back());
    }

    Cancel(*accepts[1]);
    AwaitEnd(*accepts[1]);
    EXPECT_TRUE(IsPending(*accepts[0]));
    EXPECT_TRUE(IsPending(*accepts[2]));
    const Peer first(Here());
    const Peer second(Here());
    AwaitAll();

    EXPECT_TRUE(WasCancelled(*accepts[1]));
    EXPECT_EQ(accepts[1]->Far().accepted, iocp::kNoSocket);
    const std::set<std::string> came{accepts[0]->Far().endpoint.ToString(), accepts[2]->Far().endpoint.ToString()};
    EXPECT_EQ(came, (std::set<std::string>{first.Local().ToString(), second.Local().ToString()}));
}

TEST_P(AcceptContract, AClosedListenerEndsItsAcceptsAndRefusesNewConnections) {
    const SocketHandle listener = Listen();
    const iocp::Endpoint where = LocalEndpoint(listener);
    std::vector<IOCP_Operation*> accepts;
    for (int i = 0; i < 5; ++i) {
        accepts.push_back(&New(Kind::Accept, listener));
        SubmitPending(*accepts.back());
    }
    Turn();

    for (IOCP_Operation* accept : accepts) Cancel(*accept);
    Close(listener);
    AwaitAll();
    Turn();

    for (const IOCP_Operation* accept : accepts) EXPECT_TRUE(WasCancelled(*accept));
    EXPECT_THROW(Peer{where}, std::runtime_error);
}

class ConnectContract : public EngineContract {
protected:
    [[nodiscard]] SocketHandle OpenStream() {
        const auto opened = iocp::detail::OpenStream(iocp::Endpoint::Family::V4);
        EXPECT_EQ(opened.native_code, 0);
        Attach(opened.socket, SocketRole::Stream);
        return opened.socket;
    }
};
INSTANTIATE_TEST_SUITE_P(Each, ConnectContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(ConnectContract, ConnectsToAListener) {
    const SocketHandle listener = Listen();
    const SocketHandle near = OpenStream();
    IOCP_Operation& accept = New(Kind::Accept, listener);
    Submit(accept);

    IOCP_Operation& connect = Complete(NewTo(LocalEndpoint(listener), Kind::Connect, near));
    AwaitEnd(accept);

    EXPECT_EQ(connect.native_code, 0);
    EXPECT_EQ(accept.Far().endpoint, LocalEndpoint(near));
    const SocketHandle far = std::exchange(accept.Far().accepted, iocp::kNoSocket);
    Attach(far, SocketRole::Stream);
    Complete(New(Kind::Send, near, Memory("ping")));
    EXPECT_EQ(ReceiveText(far, 4), "ping");
    Complete(New(Kind::Send, far, Memory("pong")));
    EXPECT_EQ(ReceiveText(near, 4), "pong");
}

TEST_P(ConnectContract, ARefusalIsAnError) {
    const DeadEnd nobody;

    IOCP_Operation& connect = Complete(NewTo(nobody.Local(), Kind::Connect, OpenStream()));

    EXPECT_EQ(OutcomeOf(connect), Outcome::SystemError);
    EXPECT_FALSE(WasCancelled(connect));
}

TEST_P(ConnectContract, AConnectThatNobodyAnswersIsCancelled) {
    const FullListener full;
    IOCP_Operation& connect = NewTo(full.Local(), Kind::Connect, OpenStream());
    SubmitPending(connect);
    Turn();
    EXPECT_TRUE(IsPending(connect));

    Cancel(connect);
    AwaitEnd(connect);

    EXPECT_TRUE(WasCancelled(connect));
}

}  // namespace iocp_test
