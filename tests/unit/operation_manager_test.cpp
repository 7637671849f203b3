// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <iocp/operation_manager.h>

#include <set>
#include <vector>

namespace {

using Kind = IOCP_Operation::Kind;
using State = IOCP_Operation::State;

TEST(OperationManager, IsEmptyUntilTheFirstIsAcquired) {
    const IOCP_OperationManager manager;

    EXPECT_EQ(manager.Count(), 0U);
    EXPECT_EQ(manager.FreeCount(), 0U);
}

TEST(OperationManager, AnAcquiredOperationIsFresh) {
    IOCP_OperationManager manager;

    IOCP_Operation& operation = manager.Acquire(Kind::Connect);

    EXPECT_EQ(operation.kind, Kind::Connect);
    EXPECT_EQ(operation.state, State::Acquired);
    EXPECT_EQ(operation.transferred, 0U);
    EXPECT_EQ(operation.native_code, 0);
    EXPECT_FALSE(operation.truncated);
    EXPECT_FALSE(operation.cancel_requested);
    EXPECT_EQ(operation.Far().accepted, iocp::kNoSocket);
    EXPECT_EQ(operation.buffer, nullptr);
    EXPECT_EQ(manager.FreeCount(), manager.Count() - 1);
    manager.Release(operation);
    EXPECT_EQ(manager.FreeCount(), manager.Count());
}

TEST(OperationManager, NothingOfAnEarlierUseIsLeft) {
    IOCP_OperationManager manager;
    IOCP_Operation& first = manager.Acquire(Kind::RecvFrom);
    first.transferred = 5;
    first.native_code = 6;
    first.truncated = true;
    first.cancel_requested = true;
    manager.Release(first);
    EXPECT_EQ(first.state, State::Free);

    IOCP_Operation& second = manager.Acquire(Kind::Send);

    ASSERT_EQ(&second, &first) << "the one that came back last, whose memory is warm, goes out first";
    EXPECT_EQ(second.kind, Kind::Send);
    EXPECT_EQ(second.transferred, 0U);
    EXPECT_EQ(second.native_code, 0);
    EXPECT_FALSE(second.truncated);
    EXPECT_FALSE(second.cancel_requested);
    EXPECT_EQ(second.next, nullptr);
    manager.Release(second);
}

TEST(OperationManager, GrowsAndKeepsEveryAddress) {
    constexpr std::size_t kMany = 1000;
    IOCP_OperationManager manager;
    std::vector<IOCP_Operation*> operations;
    for (std::size_t i = 0; i < kMany; ++i) operations.push_back(&manager.Acquire(Kind::Recv));
    const std::set<IOCP_Operation*> before(operations.begin(), operations.end());
    const std::size_t count = manager.Count();
    EXPECT_EQ(before.size(), kMany);
    EXPECT_GE(count, kMany);
    EXPECT_EQ(manager.FreeCount(), count - kMany);

    for (IOCP_Operation* operation : operations) manager.Release(*operation);
    EXPECT_EQ(manager.FreeCount(), count);
    for (IOCP_Operation*& operation : operations) operation = &manager.Acquire(Kind::Recv);

    EXPECT_EQ(std::set<IOCP_Operation*>(operations.begin(), operations.end()), before);
    EXPECT_EQ(manager.Count(), count);
    for (IOCP_Operation* operation : operations) manager.Release(*operation);
}

TEST(OperationManager, GivesBackAfterAPeakWhatNobodyUses) {
    constexpr std::size_t kPeak = 10'000;
    IOCP_OperationManager manager;
    std::vector<IOCP_Operation*> operations;
    for (std::size_t i = 0; i < kPeak; ++i) operations.push_back(&manager.Acquire(Kind::Recv));

    for (std::size_t i = 0; i < kPeak / 2; ++i) manager.Release(*operations[i]);
    EXPECT_GE(manager.Count(), kPeak) << "half of them are in use";
    for (std::size_t i = kPeak / 2; i < kPeak; ++i) manager.Release(*operations[i]);

    EXPECT_EQ(manager.FreeCount(), manager.Count());
    EXPECT_LT(manager.Count(), kPeak / 5);
}

TEST(OperationManager, WhatIsInUseStaysWhereItIsAfterAPeak) {
    constexpr std::size_t kPeak = 10'000;
    constexpr std::size_t kStep = 700;  // those that stay are far apart
    IOCP_OperationManager manager;
    std::vector<IOCP_Operation*> operations;
    for (std::size_t i = 0; i < kPeak; ++i) operations.push_back(&manager.Acquire(Kind::Recv));
    for (std::size_t i = 0; i < kPeak; ++i) operations[i]->size = static_cast<std::uint32_t>(i);

    std::vector<IOCP_Operation*> left;
    for (std::size_t i = 0; i < kPeak; ++i) {
        if (i % kStep == 0)
            left.push_back(operations[i]);
        else
            manager.Release(*operations[i]);
    }

    EXPECT_LT(manager.Count(), kPeak / 5);
    EXPECT_EQ(manager.Count() - manager.FreeCount(), left.size());
    for (std::size_t i = 0; i < left.size(); ++i) EXPECT_EQ(left[i]->size, i * kStep);
    std::set<IOCP_Operation*> all(left.begin(), left.end());
    for (std::size_t i = 0; i < kPeak; ++i) all.insert(&manager.Acquire(Kind::Send));
    EXPECT_EQ(all.size(), left.size() + kPeak) << "one was handed out twice";
    for (IOCP_Operation* operation : all) manager.Release(*operation);
}

TEST(OperationManager, TheFarEndIsMadeOnceAndStays) {
    IOCP_OperationManager manager;
    IOCP_Operation& operation = manager.Acquire(Kind::SendTo);
    IOCP_Operation::FarEnd* const far_end = &operation.Far();
    EXPECT_EQ(&operation.Far(), far_end);
    manager.Release(operation);

    EXPECT_EQ(&manager.Acquire(Kind::SendTo).Far(), far_end);

    manager.Release(operation);
}

TEST(OperationManager, TheKernelsPartComesFirst) {
    const IOCP_Operation operation{};

    EXPECT_EQ(static_cast<const void*>(&operation), static_cast<const void*>(operation.kernel));
}

}  // namespace
