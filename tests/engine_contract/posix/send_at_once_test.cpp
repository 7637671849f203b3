// SPDX-License-Identifier: MIT
// Sends without an operation, and the operations that do what is left of them.
#include "../contract.h"

#include <cerrno>

namespace iocp_test {

class SendAtOnceContract : public EngineContract {
protected:
    static constexpr std::array<std::size_t, 2> kSizes{64, std::size_t{64} << 10};
};
INSTANTIATE_TEST_SUITE_P(Each, SendAtOnceContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(SendAtOnceContract, WhatWentAndTheRestArriveInOrder) {
    for (const std::size_t size : kSizes) {
        Link link = NewLink();
        const auto bytes = Memory(Pattern(size));

        const auto went = Io().SendAtOnce(link.near, bytes);
        ASSERT_GE(went, 0);
        const auto rest = bytes.subspan(static_cast<std::size_t>(went));
        if (!rest.empty()) {
            EXPECT_EQ(Complete(New(Kind::Send, link.near, rest)).transferred, rest.size());
        }

        EXPECT_TRUE(link.peer.Receive(size) == Pattern(size));
    }
}

TEST_P(SendAtOnceContract, AFullNetworkTakesNoneAndASendWaits) {
    Link link = NewLink();
    const auto bytes = Memory(std::size_t{64} << 10);
    std::size_t sent = 0;
    for (std::ptrdiff_t went; (went = Io().SendAtOnce(link.near, bytes)) != 0;) {
        ASSERT_GT(went, 0);
        sent += static_cast<std::size_t>(went);
    }
    ASSERT_GT(sent, bytes.size());
    IOCP_Operation& send = New(Kind::Send, link.near, bytes);
    SubmitPending(send);
    Turn();
    EXPECT_TRUE(IsPending(send));

    static_cast<void>(link.peer.Receive(sent));
    AwaitEnd(send);

    EXPECT_EQ(send.native_code, 0);
}

// The system tells of it once.
TEST_P(SendAtOnceContract, ABrokenConnectionIsToldByWhoeverFindsIt) {
    for (const std::size_t size : kSizes) {
        Link link = NewLink();
        link.peer.Reset();

        const auto bytes = Memory(size);
        auto failure = -Io().SendAtOnce(link.near, bytes);
        if (failure == 0) failure = Complete(New(Kind::Send, link.near, bytes)).native_code;

        EXPECT_EQ(failure, ECONNRESET);
    }
}

}  // namespace iocp_test
