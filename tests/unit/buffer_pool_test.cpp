// SPDX-License-Identifier: MIT
#include "buffer_pool.h"

#include <gtest/gtest.h>
#include <iocp/received.h>

#include <cstring>
#include <utility>
#include <vector>

namespace {

using iocp::Outcome;
using iocp::Received;
using iocp::Result;
using iocp::detail::Buffer;
using iocp::detail::BufferPool;

std::vector<Buffer*> Take(BufferPool& pool, std::size_t count) {
    std::vector<Buffer*> buffers;
    for (std::size_t i = 0; i < count; ++i) buffers.push_back(pool.Acquire());
    return buffers;
}

TEST(BufferPool, LendsBuffersOfItsSize) {
    BufferPool pool(1000, 1);

    Buffer* buffer = pool.Acquire();

    ASSERT_NE(buffer, nullptr);
    EXPECT_EQ(buffer->Capacity(), 1000U);
    EXPECT_EQ(pool.BufferSize(), 1000U);
    std::memset(buffer->Bytes(), 1, buffer->Capacity());
    buffer->GiveBack();
}

TEST(BufferPool, LendsNoMoreThanItsLimit) {
    BufferPool pool(16, 3);
    const auto buffers = Take(pool, 3);
    for (const Buffer* buffer : buffers) ASSERT_NE(buffer, nullptr);
    EXPECT_EQ(pool.Out(), 3U);

    EXPECT_EQ(pool.Acquire(), nullptr);
    EXPECT_EQ(pool.Out(), 3U);
    buffers[1]->GiveBack();
    EXPECT_EQ(pool.Out(), 2U);
    EXPECT_EQ(pool.Acquire(), buffers[1]);
    EXPECT_EQ(pool.Acquire(), nullptr);

    for (Buffer* buffer : buffers) buffer->GiveBack();
    EXPECT_EQ(pool.Out(), 0U);
}

TEST(BufferPool, LendsTheOneThatCameBackLast) {
    BufferPool pool(16, 10);
    const auto buffers = Take(pool, 3);
    for (Buffer* buffer : buffers) buffer->GiveBack();

    EXPECT_EQ(Take(pool, 3), (std::vector<Buffer*>{buffers[2], buffers[1], buffers[0]}));

    for (Buffer* buffer : buffers) buffer->GiveBack();
}

TEST(BufferPool, KeepsALimitedNumberOfFreeBuffers) {
    constexpr std::size_t kKept = 64;
    BufferPool pool(16, 1000);
    const auto buffers = Take(pool, kKept + 5);
    for (Buffer* buffer : buffers) buffer->GiveBack();

    Buffer* const next = pool.Acquire();

    EXPECT_EQ(next, buffers[kKept - 1]) << "those that came back later have been freed";
    next->GiveBack();
}

TEST(BufferPool, ABufferOfNoPoolGoesBackToTheHeap) {
    Buffer* buffer = Buffer::Make(100);

    ASSERT_NE(buffer, nullptr);
    EXPECT_EQ(buffer->Capacity(), 100U);
    buffer->GiveBack();
}

class ReceivedTest : public testing::Test {
protected:
    Received Lend(std::string_view text) {
        Buffer* buffer = pool_.Acquire();
        std::memcpy(buffer->Bytes(), text.data(), text.size());
        return Received(Result(Outcome::Ok, text.size()), buffer);
    }

    BufferPool pool_{100, 10};
};

TEST_F(ReceivedTest, ShowsTheBytesAndGivesTheBufferBack) {
    {
        const Received received = Lend("hello");
        EXPECT_TRUE(received);
        EXPECT_EQ(received.Text(), "hello");
        EXPECT_EQ(received.size(), 5U);
        EXPECT_EQ(received.Bytes().size(), 5U);
        EXPECT_EQ(received.end() - received.begin(), 5);
        EXPECT_EQ(pool_.Out(), 1U);
    }
    EXPECT_EQ(pool_.Out(), 0U);
}

TEST_F(ReceivedTest, HasOneOwner) {
    Received first = Lend("first");

    Received moved(std::move(first));
    EXPECT_EQ(pool_.Out(), 1U);
    EXPECT_EQ(moved.Text(), "first");
    moved = Lend("second");
    EXPECT_EQ(pool_.Out(), 1U);
    EXPECT_EQ(moved.Text(), "second");
    moved = Received();
    EXPECT_EQ(pool_.Out(), 0U);
}

TEST_F(ReceivedTest, WithoutABufferHasNoBytes) {
    const Received failed(Result(Outcome::Reset, 3, 5));

    EXPECT_FALSE(failed);
    EXPECT_EQ(failed.Why(), Outcome::Reset);
    EXPECT_TRUE(failed.Bytes().empty());
    EXPECT_EQ(failed.Text(), "");
    EXPECT_EQ(failed.data(), nullptr);
}

TEST_F(ReceivedTest, ShowsWhatFittedOfADatagramThatWasTooLong) {
    Buffer* buffer = pool_.Acquire();
    std::memcpy(buffer->Bytes(), "part", 4);
    const iocp::Datagram datagram(Received(Result(Outcome::TooLong, 4), buffer), iocp::Endpoint());

    EXPECT_FALSE(datagram);
    EXPECT_EQ(datagram.Text(), "part");
}

}  // namespace
