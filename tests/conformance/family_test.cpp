// SPDX-License-Identifier: MIT
#include "conformance.h"

namespace iocp_test {

using FamilyTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, FamilyTest, EveryEngine(), NameOfEngine);

namespace {

Task<> NoteRemoteAndEcho(IOCP_Client& client, Conformance& test) {
    test.notes.Write(client.Remote().ToString());
    co_await Echo(client, test);
}

iocp::Endpoint On(const char* address, const iocp::Endpoint& place) {
    return iocp::Endpoint::Parse(address, place.Port()).value();
}

}  // namespace

TEST_P(FamilyTest, TcpOverIPv6) {
    const auto note_local = [](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write(client.Local().ToString());
        co_await NoteRemoteAndEcho(client, test);
    };
    Serve(Tcp(note_local, "::1"));
    EXPECT_EQ(Where().ToString(), "[::1]:" + std::to_string(Where().Port()));
    Peer peer(Where());

    peer.Send("hello");

    EXPECT_EQ(peer.Receive(5), "hello");
    EXPECT_EQ(notes.Next(), Where().ToString());
    EXPECT_EQ(notes.Next(), peer.Local().ToString());
}

TEST_P(FamilyTest, UdpOverIPv6) {
    Serve(Udp(NoteRemoteAndEcho, "::1"));
    const UdpPeer peer(Where());

    for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 1452, 1453, 9216}) {
        const std::string datagram = Noise(size);
        peer.Send(datagram);
        EXPECT_TRUE(peer.Receive() == datagram) << size;
    }

    EXPECT_EQ(notes.Next(), peer.Local().ToString());
}

TEST_P(FamilyTest, AListenerForAllAddressesServesBothFamiliesOverTcp) {
    Serve(Tcp(NoteRemoteAndEcho, "*"));

    Peer v4(On("127.0.0.1", Where()));
    v4.Send("four");
    EXPECT_EQ(v4.Receive(4), "four");
    EXPECT_EQ(notes.Next(), "127.0.0.1:" + std::to_string(v4.Local().Port()));

    Peer v6(On("::1", Where()));
    v6.Send("six");
    EXPECT_EQ(v6.Receive(3), "six");
    EXPECT_EQ(notes.Next(), "[::1]:" + std::to_string(v6.Local().Port()));
}

TEST_P(FamilyTest, AListenerForAllAddressesServesBothFamiliesOverUdp) {
    Serve(Udp(NoteRemoteAndEcho, "*"));

    const UdpPeer v4(On("127.0.0.1", Where()));
    v4.Send("four");
    EXPECT_EQ(v4.Receive(), "four");
    EXPECT_EQ(notes.Next(), "127.0.0.1:" + std::to_string(v4.Local().Port()));

    const UdpPeer v6(On("::1", Where()));
    v6.Send("six");
    EXPECT_EQ(v6.Receive(), "six");
    EXPECT_EQ(notes.Next(), "[::1]:" + std::to_string(v6.Local().Port()));
}

TEST_P(FamilyTest, AListenerForAllIPv4AddressesIsReachedOverIPv4) {
    Serve(Tcp(NoteRemoteAndEcho, "0.0.0.0"));

    Peer v4(On("127.0.0.1", Where()));
    v4.Send("four");

    EXPECT_EQ(v4.Receive(4), "four");
    EXPECT_ANY_THROW(Peer{On("::1", Where())});
}

TEST_P(FamilyTest, AListenerForAllIPv6AddressesLeavesIPv4Alone) {
    Serve(Tcp(NoteRemoteAndEcho, "::"));

    Peer v6(On("::1", Where()));
    v6.Send("six");

    EXPECT_EQ(v6.Receive(3), "six");
    EXPECT_ANY_THROW(Peer{On("127.0.0.1", Where())});
}

}  // namespace iocp_test
