// SPDX-License-Identifier: MIT
// A child process that was just forked holds all sockets as well, until it runs its own program. What happens to a
// closed socket then goes on happening.
#include "../contract.h"

#include <unistd.h>

#include <utility>

namespace iocp_test {

class SharedSocketContract : public EngineContract {};
INSTANTIATE_TEST_SUITE_P(Each, SharedSocketContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(SharedSocketContract, EventsOfAClosedSocketDoNotReachTheOneWithItsNumber) {
    const Link old = NewLink();
    const SocketHandle listener = Listen();
    const Peer peer(iocp::detail::LocalEndpoint(listener));
    const int held = dup(static_cast<int>(old.near));
    ASSERT_GE(held, 0);
    Close(old.near);
    Turn();

    IOCP_Operation& accept = Complete(New(Kind::Accept, listener));
    const SocketHandle near = std::exchange(accept.Far().accepted, iocp::kNoSocket);
    ASSERT_EQ(near, old.near);
    Attach(near, SocketRole::Stream);
    IOCP_Operation& recv = New(Kind::RecvLent, near);
    SubmitPending(recv);
    for (int i = 0; i < 10; ++i) {
        old.peer.Send("for the old one");
        Turn();
        ASSERT_TRUE(IsPending(recv));
    }
    old.peer.FinishSending();
    Turn();
    EXPECT_TRUE(IsPending(recv));
    peer.Send("mine");
    AwaitEnd(recv);

    EXPECT_EQ(TakeText(recv), "mine");
    IOCP_Operation& again = New(Kind::RecvLent, near);
    SubmitPending(again);
    Turn();
    EXPECT_TRUE(IsPending(again));
    close(held);
}

}  // namespace iocp_test
