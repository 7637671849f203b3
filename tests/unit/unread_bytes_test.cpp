// SPDX-License-Identifier: MIT
#include "unread_bytes.h"
#include "buffer_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace {

using iocp::detail::Buffer;
using iocp::detail::BufferPool;
using iocp::detail::FrameParser;
using iocp::detail::FrameRule;
using iocp::detail::UnreadBytes;

std::string_view Text(UnreadBytes::Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

class UnreadBytesTest : public testing::Test {
protected:
    // As if these bytes were received.
    const std::byte* Receive(std::string_view bytes) {
        Buffer* const buffer = pool.Acquire();
        std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(buffer->Bytes()));
        unread.Add(*buffer, bytes.size());
        return buffer->Bytes();
    }

    std::string_view Take(std::size_t count) {
        const auto taken = unread.Take(count);
        return taken ? Text(*taken) : "nothing";
    }

    BufferPool pool{16, 4};
    UnreadBytes unread;
};

TEST_F(UnreadBytesTest, ShowsBytesWhereTheyWereReceived) {
    const std::byte* const received = Receive("one two");

    const auto first = unread.Take(4);
    const auto second = unread.Take(3);

    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->data(), received);
    EXPECT_EQ(second->data(), received + 4);
    EXPECT_EQ(Text(*second), "two");
    EXPECT_TRUE(unread.IsEmpty());
    EXPECT_FALSE(unread.HoldsNothing());
}

TEST_F(UnreadBytesTest, GivesTheBufferBackBeforeMoreIsReceived) {
    Receive("one two");
    static_cast<void>(Take(4));

    ASSERT_TRUE(unread.Settle(100));
    EXPECT_EQ(pool.Out(), 0U);
    EXPECT_FALSE(unread.IsEmpty());
    static_cast<void>(Take(3));
    ASSERT_TRUE(unread.Settle(100));
    EXPECT_TRUE(unread.HoldsNothing());
}

TEST_F(UnreadBytesTest, PutsTogetherWhatLiesInTwoBuffersAndNoMore) {
    Receive("one t");
    EXPECT_EQ(Take(4), "one ");
    ASSERT_TRUE(unread.Settle(100));
    const std::byte* const received = Receive("wo three");

    EXPECT_EQ(Take(4), "two ");
    const auto rest = unread.Take(5);

    ASSERT_TRUE(rest);
    EXPECT_EQ(rest->data(), received + 3);
    EXPECT_EQ(Text(*rest), "three");
}

TEST_F(UnreadBytesTest, GrowsWithWhatComes) {
    std::string all;
    for (int i = 0; i < 1'000; ++i) {
        const std::string piece = std::to_string(i);
        Receive(piece);
        ASSERT_TRUE(unread.Settle(10'000));
        all += piece;
    }

    EXPECT_EQ(Text(unread.Gather()), all);
    EXPECT_EQ(Take(all.size()), all);
}

TEST_F(UnreadBytesTest, AParserGoesOnWhereItWas) {
    FrameParser parser(FrameRule::Until("--", 100));
    for (const char* piece : {"a", "b-", "c", "-"}) {
        Receive(piece);
        ASSERT_EQ(unread.Search(parser), FrameParser::Verdict::More);
        ASSERT_TRUE(unread.Settle(parser.Most()));
    }
    Receive("-rest");

    ASSERT_EQ(unread.Search(parser), FrameParser::Verdict::Whole);
    EXPECT_EQ(Take(parser.Seen()), "ab-c--");
    EXPECT_EQ(Text(unread.Gather()), "rest");
}

TEST_F(UnreadBytesTest, GatheringTakesNothing) {
    Receive("one ");
    EXPECT_EQ(Text(unread.Gather()), "one ");
    EXPECT_EQ(pool.Out(), 1U);
    ASSERT_TRUE(unread.Settle(0));
    Receive("two");

    EXPECT_EQ(Text(unread.Gather()), "one two");
    EXPECT_EQ(pool.Out(), 0U);
    EXPECT_EQ(Take(7), "one two");
}

TEST_F(UnreadBytesTest, LendsPiecesInOrder) {
    Receive("one ");
    ASSERT_TRUE(unread.Settle(0));
    Receive("two three");
    EXPECT_EQ(Take(1), "o");

    for (const char* expected : {"ne ", "two three"}) {
        Buffer& piece = unread.TakePiece();
        EXPECT_EQ(Text({piece.Bytes(), piece.size}), expected);
        piece.GiveBack();
    }
    EXPECT_TRUE(unread.HoldsNothing());
}

TEST_F(UnreadBytesTest, FillsMemoryFromBothPieces) {
    Receive("one ");
    ASSERT_TRUE(unread.Settle(0));
    Receive("two");
    std::array<std::byte, 5> memory{};

    EXPECT_EQ(unread.TakeInto(memory), 5U);
    EXPECT_EQ(Text(memory), "one t");
    EXPECT_EQ(unread.TakeInto(memory), 2U);
    EXPECT_EQ(Text(memory).substr(0, 2), "wo");
    EXPECT_EQ(unread.TakeInto(memory), 0U);
}

}  // namespace
