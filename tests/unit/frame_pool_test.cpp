// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <iocp/frame_pool.h>

#include <cstring>
#include <vector>

namespace {

using iocp::detail::DeleteFrame;
using iocp::detail::FramePool;
using iocp::detail::NewFrame;

TEST(FramePool, GivesWhatItKeepsToTheNextOfThatSize) {
    FramePool pool;
    void* const piece = NewFrame(100);
    ASSERT_TRUE(pool.Keep(piece, 100));

    EXPECT_EQ(pool.Take(200), nullptr);
    EXPECT_EQ(pool.Take(100), piece);
    EXPECT_EQ(pool.Take(100), nullptr);
    DeleteFrame(piece);
}

TEST(FramePool, GivesEachPieceAtItsWholeSize) {
    FramePool pool;
    for (std::size_t size = 1; size <= 1'500; ++size) {
        void* const kept = NewFrame(size);
        if (!pool.Keep(kept, size)) DeleteFrame(kept);
        const std::size_t longest = FramePool::RoundUp(size);
        void* taken = pool.Take(longest);
        if (taken == nullptr) taken = NewFrame(longest);
        std::memset(taken, 7, longest);  // a sanitizer sees one that is too small
        DeleteFrame(taken);
    }
}

TEST(FramePool, KeepsFewOfASize) {
    FramePool pool;
    std::vector<void*> refused;
    std::size_t kept = 0;
    for (int i = 0; i < 1'000; ++i) {
        void* const piece = NewFrame(64);
        if (pool.Keep(piece, 64))
            ++kept;
        else
            refused.push_back(piece);
    }
    for (void* const piece : refused) DeleteFrame(piece);

    EXPECT_GT(kept, 0U);
    EXPECT_LT(kept, 100U);
    std::size_t given = 0;
    for (void* piece = pool.Take(64); piece != nullptr; piece = pool.Take(64)) {
        ++given;
        DeleteFrame(piece);
    }
    EXPECT_EQ(given, kept);
}

TEST(FramePool, KeepsNoLongFrame) {
    FramePool pool;
    void* const piece = NewFrame(100'000);
    EXPECT_FALSE(pool.Keep(piece, 100'000));
    EXPECT_EQ(pool.Take(100'000), nullptr);
    DeleteFrame(piece);
}

}  // namespace
