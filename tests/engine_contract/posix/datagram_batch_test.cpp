// SPDX-License-Identifier: MIT
// A RecvFrom that takes what else is there.
#include "datagram_batch.h"
#include "../contract.h"

namespace iocp_test {

using iocp::detail::BufferPool;
using iocp::detail::DatagramBatch;

class DatagramBatchContract : public EngineContract {
protected:
    DatagramBatchContract() : near_(OpenDatagrams()), peer_(iocp::detail::LocalEndpoint(near_)) {}

    // One receive for as much as there is room for, in `buffers` but for the first datagram.
    IOCP_Operation& Receive(BufferPool& buffers) {
        batch_ = std::make_unique<DatagramBatch>(buffers);
        IOCP_Operation& recv = New(Kind::RecvFrom, near_, Memory(20'000));
        recv.Far().more = batch_.get();
        return Complete(recv);
    }

    IOCP_Operation* Next() {
        IOCP_Operation& next = New(Kind::RecvFrom, near_);
        if (!batch_->Take(next)) return nullptr;
        next.data = next.buffer->Bytes();
        return &next;
    }

    void ExpectDatagram(IOCP_Operation& operation, const std::string& text) {
        EXPECT_EQ(operation.native_code, 0);
        EXPECT_FALSE(operation.truncated);
        EXPECT_EQ(operation.Far().endpoint, peer_.Local());
        EXPECT_TRUE(TakeText(operation) == text) << text.size();
    }

    BufferPool large_{20'000, 100};
    const SocketHandle near_;
    const UdpPeer peer_;
    std::unique_ptr<DatagramBatch> batch_;
};
INSTANTIATE_TEST_SUITE_P(Each, DatagramBatchContract, testing::ValuesIn(Setups()), NameOfSetup);

TEST_P(DatagramBatchContract, AllThatIsThereComesInOrder) {
    std::vector<std::string> sent;
    for (const std::size_t size : std::initializer_list<std::size_t>{5, 0, 1'473, 1, 20'000, 64})
        sent.push_back(Pattern(size));
    for (const std::string& text : sent) peer_.Send(text);

    ExpectDatagram(Receive(large_), sent.front());
    for (std::size_t i = 1; i < sent.size(); ++i) {
        IOCP_Operation* const next = Next();
        ASSERT_NE(next, nullptr) << i;
        ExpectDatagram(*next, sent[i]);
    }
    EXPECT_EQ(Next(), nullptr);
    EXPECT_EQ(large_.Out(), 0U);
}

TEST_P(DatagramBatchContract, WhatThereIsNoRoomForComesNext) {
    constexpr std::size_t kSent = DatagramBatch::kMost + 5;
    for (std::size_t i = 0; i < kSent; ++i) peer_.Send(std::to_string(i));

    std::size_t next = 0;
    for (std::size_t receives = 0; receives < 2; ++receives) {
        IOCP_Operation* operation = &Receive(large_);
        for (; operation != nullptr; operation = Next()) ExpectDatagram(*operation, std::to_string(next++));
    }
    EXPECT_EQ(next, kSent);
}

TEST_P(DatagramBatchContract, OneThatIsTooLongIsCutAndSaysSo) {
    BufferPool small(4, 100);
    for (const char* text : {"first", "second", "3rd"}) peer_.Send(text);

    ExpectDatagram(Receive(small), "first");
    IOCP_Operation* const second = Next();
    ASSERT_NE(second, nullptr);
    EXPECT_TRUE(second->truncated);
    EXPECT_EQ(TakeText(*second), "seco");
    IOCP_Operation* const third = Next();
    ASSERT_NE(third, nullptr);
    ExpectDatagram(*third, "3rd");
}

TEST_P(DatagramBatchContract, WhatIsNotTakenGoesWithTheBatch) {
    for (const char* text : {"first", "second", "third"}) peer_.Send(text);
    ExpectDatagram(Receive(large_), "first");
    EXPECT_EQ(large_.Out(), 2U);

    batch_.reset();

    EXPECT_EQ(large_.Out(), 0U);
}

TEST_P(DatagramBatchContract, AfterAllHaveComeTheNextIsWaitedFor) {
    for (const char* text : {"first", "second"}) peer_.Send(text);
    ExpectDatagram(Receive(large_), "first");
    ExpectDatagram(*Next(), "second");

    for (const char* text : {"third", "fourth"}) {
        IOCP_Operation& recv = New(Kind::RecvFrom, near_, Memory(8));
        recv.Far().more = batch_.get();
        SubmitPending(recv);
        EXPECT_EQ(large_.Out(), 0U);
        peer_.Send(text);
        AwaitEnd(recv);
        ExpectDatagram(recv, text);
    }
}

}  // namespace iocp_test
