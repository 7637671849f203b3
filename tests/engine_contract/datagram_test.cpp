// SPDX-License-Identifier: MIT
#include "contract.h"

namespace iocp_test {

using iocp::detail::LocalEndpoint;

class DatagramContract : public EngineContract {
protected:
    DatagramContract() : near_(OpenDatagrams()) {}

    [[nodiscard]] iocp::Endpoint Here() const { return LocalEndpoint(near_); }

    IOCP_Operation& RecvFrom(std::size_t most) { return Complete(New(Kind::RecvFrom, near_, Memory(most))); }

    const SocketHandle near_;
};
INSTANTIATE_TEST_SUITE_P(Each, DatagramContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(DatagramContract, RecvFromWaitsAndTellsTheSender) {
    const UdpPeer peer(Here());
    IOCP_Operation& recv = New(Kind::RecvFrom, near_, Memory(100));
    SubmitPending(recv);
    Turn();
    EXPECT_TRUE(IsPending(recv));

    peer.Send("hello");
    AwaitEnd(recv);

    EXPECT_EQ(recv.native_code, 0);
    EXPECT_FALSE(recv.truncated);
    EXPECT_EQ(TakeText(recv), "hello");
    EXPECT_EQ(recv.Far().endpoint, peer.Local());
}

TEST_P(DatagramContract, EachDatagramComesWholeWithItsOwnSender) {
    constexpr int kPeers = 5;
    std::vector<UdpPeer> peers;
    for (int i = 0; i < kPeers; ++i) {
        peers.emplace_back(Here());
        peers.back().Send(std::string(static_cast<std::size_t>(i) + 1, 'x'));
    }

    for (std::size_t i = 0; i < peers.size(); ++i) {
        IOCP_Operation& recv = RecvFrom(100);
        ASSERT_EQ(recv.native_code, 0);
        ASSERT_LE(1U, recv.transferred);
        EXPECT_EQ(recv.Far().endpoint, peers.at(recv.transferred - 1).Local());
    }
}

TEST_P(DatagramContract, SocketsThatReceiveAtTheSameTimeDoNotMixTheirSenders) {
    const SocketHandle other = OpenDatagrams();
    const UdpPeer peer(Here());
    const UdpPeer peer_of_other(LocalEndpoint(other));
    IOCP_Operation& recv = New(Kind::RecvFrom, near_, Memory(100));
    IOCP_Operation& recv_of_other = New(Kind::RecvFrom, other, Memory(100));
    SubmitPending(recv);
    SubmitPending(recv_of_other);

    peer.Send("hello");
    peer_of_other.Send("good day");
    AwaitAll();

    EXPECT_EQ(TakeText(recv), "hello");
    EXPECT_EQ(recv.Far().endpoint, peer.Local());
    EXPECT_EQ(TakeText(recv_of_other), "good day");
    EXPECT_EQ(recv_of_other.Far().endpoint, peer_of_other.Local());
}

TEST_P(DatagramContract, ADatagramThatIsTooLongIsCutAndSaysSo) {
    const UdpPeer peer(Here());
    IOCP_Operation& waiting = New(Kind::RecvFrom, near_, Memory(4));
    SubmitPending(waiting);
    Turn();

    peer.Send("first is long");
    peer.Send("second is long");
    peer.Send("fits");
    AwaitEnd(waiting);
    IOCP_Operation& second = RecvFrom(4);
    IOCP_Operation& third = RecvFrom(4);

    for (IOCP_Operation* cut : {&waiting, &second}) {
        EXPECT_EQ(cut->native_code, 0);
        EXPECT_TRUE(cut->truncated);
        EXPECT_EQ(cut->Far().endpoint, peer.Local());
    }
    EXPECT_EQ(TakeText(waiting), "firs");
    EXPECT_EQ(TakeText(second), "seco");
    EXPECT_FALSE(third.truncated);
    EXPECT_EQ(TakeText(third), "fits");
}

TEST_P(DatagramContract, AnEmptyDatagramIsADatagram) {
    const UdpPeer peer(Here());
    peer.Send("");

    IOCP_Operation& recv = RecvFrom(4);

    EXPECT_EQ(recv.native_code, 0);
    EXPECT_EQ(recv.transferred, 0U);
    EXPECT_FALSE(recv.truncated);
    EXPECT_EQ(recv.Far().endpoint, peer.Local());
}

TEST_P(DatagramContract, SendToFinishesAtOnce) {
    const UdpPeer peer(Here());
    const std::string longest = Pattern(65'507);

    for (const std::string& text : {std::string("hello"), std::string(), longest}) {
        IOCP_Operation& send = NewTo(peer.Local(), Kind::SendTo, near_, Memory(text));
        ASSERT_EQ(Submit(send), Submission::Finished);
        EXPECT_EQ(send.native_code, 0);
        EXPECT_EQ(send.transferred, text.size());
        EXPECT_TRUE(peer.Receive() == text) << text.size() << " bytes";
    }
}

TEST_P(DatagramContract, ADatagramLongerThanAnyIsRefused) {
    const UdpPeer peer(Here());
    IOCP_Operation& send = NewTo(peer.Local(), Kind::SendTo, near_, Memory(65'508));

    EXPECT_EQ(Submit(send), Submission::Finished);

    EXPECT_EQ(OutcomeOf(send), Outcome::TooLong);
    EXPECT_EQ(send.transferred, 0U);
}

TEST_P(DatagramContract, SendToWorksThroughAnEngineThatTheSocketIsNotTiedTo) {
    const UdpPeer peer(Here());
    iocp::detail::BufferPool buffers(options.receive_buffer, options.provided_buffers);
    const auto other = iocp::detail::MakeEngine(GetParam().kind, options, buffers);
    IOCP_Operation& send = NewTo(peer.Local(), Kind::SendTo, near_, Memory("through the other"));

    EXPECT_EQ(other->Submit(send), Submission::Finished);

    EXPECT_EQ(send.native_code, 0);
    EXPECT_EQ(peer.Receive(), "through the other");
}

TEST_P(DatagramContract, ReceivingOutlivesClosedPortsOfPeers) {
    constexpr int kRounds = 200;
    const UdpPeer peer(Here());
    UdpPeer gone(Here());
    const iocp::Endpoint closed_port = gone.Local();
    gone.Close();

    for (int i = 0; i < kRounds; ++i) {
        IOCP_Operation& recv = New(Kind::RecvFrom, near_, Memory(8));
        SubmitPending(recv);
        IOCP_Operation& send = NewTo(closed_port, Kind::SendTo, near_, Memory("anybody?"));
        ASSERT_EQ(Submit(send), Submission::Finished);
        Turn();
        ASSERT_TRUE(IsPending(recv));
        peer.Send("alive");
        AwaitEnd(recv);
        ASSERT_EQ(recv.native_code, 0);
        ASSERT_EQ(TakeText(recv), "alive");
        Release(recv);
        Release(send);
    }
}

}  // namespace iocp_test
