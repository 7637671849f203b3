// SPDX-License-Identifier: MIT
// That a late write of the kernel's is seen: each engine is made to write to memory that has been given back.
#include "engine_contract/contract.h"
#include "support/fenced_memory.h"
#include "support/platform.h"

namespace iocp_test {

class LateWrite : public EngineContract {
protected:
    static constexpr std::size_t kSize = 8;

    std::byte* const memory_ = static_cast<std::byte*>(TakeFenced(kSize));

    void GiveBack() const { Fence(memory_); }
    [[nodiscard]] std::span<std::byte> Fenced() const { return {memory_, kSize}; }
};
INSTANTIATE_TEST_SUITE_P(Each, LateWrite, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(LateWrite, OfAStreamIsSeen) {
    const Link link = NewLink();
    IOCP_Operation& recv = New(Kind::Recv, link.near, Fenced());
    SubmitPending(recv);
    Turn();

    GiveBack();
    link.peer.Send("x");
    AwaitEnd(recv);

    EXPECT_EQ(recv.native_code, BadAddressCode());
}

TEST_P(LateWrite, OfADatagramIsSeen) {
    const SocketHandle near = OpenDatagrams();
    const UdpPeer peer(iocp::detail::LocalEndpoint(near));
    IOCP_Operation& recv = New(Kind::RecvFrom, near, Fenced());
    SubmitPending(recv);
    Turn();

    GiveBack();
    peer.Send("x");
    AwaitEnd(recv);

    EXPECT_EQ(recv.native_code, BadAddressCode());
}

TEST(FencedMemory, IsUsableToItsEndAndNeverGivenOutAgain) {
    std::unordered_set<void*> seen;
    for (const std::size_t size : {1U, 16U, 4080U, 4081U, 4096U, 100'000U}) {
        const std::size_t before = FencedBytes();
        auto* const memory = static_cast<std::byte*>(TakeFenced(size));
        ASSERT_NE(memory, nullptr);
        std::fill_n(memory, size, std::byte{7});
        EXPECT_TRUE(seen.insert(memory).second);
        Fence(memory);
        EXPECT_GE(FencedBytes(), before + size);
    }
}

}  // namespace iocp_test
