// SPDX-License-Identifier: MIT
#include "contract.h"
#include "rival.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace iocp_test {

// Rounds in which an operation is cancelled while another thread makes it complete. How long the cancel waits follows
// from how the last round of its kind ended, so that on any machine both ends come about as often.
class CancelRaceContract : public EngineContract {
protected:
    static constexpr int kRounds = 2000;
    static constexpr int kLongest = 2000;
    static constexpr int kLongestBlind = 20;  // some engines find no completion without looking

    // Does one round with `operation`. True: it was cancelled.
    bool Race(IOCP_Operation& operation, Rival& rival) {
        // Half of the rounds look for completions meanwhile; in the others the kernel alone knows who was first.
        const bool looking = ++round_ % 2 == 0;
        int& patience = patience_[looking ? 1 : 0];
        SubmitPending(operation);
        if (round_ % 4 < 2) Turn();

        rival.BeginRound();
        for (int i = 0; i < patience && IsPending(operation); ++i) {
            if (looking) Turn();
            std::this_thread::yield();
        }
        if (IsPending(operation)) Cancel(operation);
        AwaitEnd(operation);
        rival.AwaitStrike();

        const bool cancelled = WasCancelled(operation);
        patience += cancelled ? 1 + patience / 8 : -1 - patience / 8;
        if (patience > (looking ? kLongest : kLongestBlind)) patience = 0;
        patience = std::max(patience, 0);
        ++(cancelled ? cancelled_ : completed_);
        return cancelled;
    }

    void ExpectBothEnds() const {
        EXPECT_GE(cancelled_, kRounds / 10);
        EXPECT_GE(completed_, kRounds / 10);
    }

    int cancelled_ = 0;
    int completed_ = 0;

private:
    int round_ = 0;
    std::array<int, 2> patience_{};
};
INSTANTIATE_TEST_SUITE_P(Each, CancelRaceContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(CancelRaceContract, RecvIsCancelledOrBringsItsBytes) {
    const Link link = NewLink();
    const auto memory = Memory(8);
    Rival rival([&] { link.peer.Send("x"); });

    for (int i = 0; i < kRounds; ++i) {
        IOCP_Operation& recv = New(Kind::Recv, link.near, memory);
        recv.eager = i % 3 == 0;
        const bool cancelled = Race(recv, rival);
        ASSERT_EQ(cancelled ? ReceiveText(link.near, 1) : TakeText(recv), "x");
        Release(recv);
    }

    ExpectBothEnds();
}

TEST_P(CancelRaceContract, RecvLentIsCancelledOrLendsABuffer) {
    const Link link = NewLink();
    const std::size_t out = Buffers().Out();
    Rival rival([&] { link.peer.Send("x"); });

    for (int i = 0; i < kRounds; ++i) {
        IOCP_Operation& recv = New(Kind::RecvLent, link.near);
        recv.eager = i % 3 == 0;
        const bool cancelled = Race(recv, rival);
        ASSERT_EQ(recv.buffer == nullptr, cancelled);
        ASSERT_EQ(cancelled ? ReceiveText(link.near, 1) : TakeText(recv), "x");
        ASSERT_EQ(Buffers().Out(), out);
        Release(recv);
    }

    ExpectBothEnds();
}

TEST_P(CancelRaceContract, RecvFromIsCancelledOrBringsItsDatagram) {
    const SocketHandle near = OpenDatagrams();
    const UdpPeer peer(iocp::detail::LocalEndpoint(near));
    const auto memory = Memory(8);
    Rival rival([&] { peer.Send("x"); });

    for (int i = 0; i < kRounds; ++i) {
        IOCP_Operation& recv = New(Kind::RecvFrom, near, memory);
        if (Race(recv, rival)) {
            IOCP_Operation& late = Complete(New(Kind::RecvFrom, near, memory));
            ASSERT_EQ(TakeText(late), "x");
            Release(late);
        } else {
            ASSERT_EQ(TakeText(recv), "x");
        }
        Release(recv);
    }

    ExpectBothEnds();
}

TEST_P(CancelRaceContract, AcceptIsCancelledOrTakesAConnection) {
    constexpr int kConnections = 300;
    const SocketHandle listener = Listen();
    std::optional<Peer> peer;
    Rival rival([&] { peer.emplace(iocp::detail::LocalEndpoint(listener)); });

    int taken = 0;
    for (int i = 0; i < kConnections; ++i) {
        IOCP_Operation& accept = New(Kind::Accept, listener);
        const bool cancelled = Race(accept, rival);
        ASSERT_EQ(accept.Far().accepted == iocp::kNoSocket, cancelled);
        if (!cancelled) {
            ASSERT_EQ(accept.Far().endpoint, peer->Local());
            ++taken;
        }
        Release(accept);
        // What was not taken waits in the backlog, or has been dropped.
        IOCP_Operation& late = New(Kind::Accept, listener);
        if (cancelled && Submit(late) == Submission::Pending && Turn() == 0) Cancel(late);
        AwaitEnd(late);
        Release(late);
    }

    EXPECT_GE(taken, kConnections / 10);
    EXPECT_GE(kConnections - taken, kConnections / 10);
}

}  // namespace iocp_test
