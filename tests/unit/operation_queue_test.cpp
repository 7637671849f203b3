// SPDX-License-Identifier: MIT
#include "operation_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace {

using iocp::detail::OperationQueue;

class OperationQueueTest : public testing::Test {
protected:
    void PushAll() {
        for (IOCP_Operation& operation : operations_) queue_.Push(operation);
    }

    // What is left, in its order, by index.
    std::vector<std::size_t> Drain() {
        std::vector<std::size_t> order;
        while (!queue_.Empty()) order.push_back(static_cast<std::size_t>(&queue_.Pop() - operations_.data()));
        return order;
    }

    using Order = std::vector<std::size_t>;

    std::array<IOCP_Operation, 4> operations_;
    OperationQueue queue_;
};

TEST_F(OperationQueueTest, IsFirstInFirstOut) {
    EXPECT_TRUE(queue_.Empty());
    PushAll();
    EXPECT_FALSE(queue_.Empty());

    EXPECT_EQ(Drain(), (Order{0, 1, 2, 3}));
    for (const IOCP_Operation& operation : operations_) EXPECT_EQ(operation.next, nullptr);
}

TEST_F(OperationQueueTest, WorksOnAfterItWasEmpty) {
    PushAll();
    Drain();

    queue_.Push(operations_[2]);
    queue_.Push(operations_[1]);

    EXPECT_EQ(Drain(), (Order{2, 1}));
}

TEST_F(OperationQueueTest, RemovesFromAnyPlace) {
    for (std::size_t removed = 0; removed < operations_.size(); ++removed) {
        PushAll();

        EXPECT_TRUE(queue_.Remove(operations_[removed]));
        EXPECT_EQ(operations_[removed].next, nullptr);
        EXPECT_FALSE(queue_.Remove(operations_[removed]));
        queue_.Push(operations_[removed]);

        Order expected{0, 1, 2, 3};
        expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(removed));
        expected.push_back(removed);
        EXPECT_EQ(Drain(), expected);
    }
}

TEST_F(OperationQueueTest, RemovesTheOnlyOne) {
    queue_.Push(operations_[0]);

    EXPECT_TRUE(queue_.Remove(operations_[0]));

    EXPECT_TRUE(queue_.Empty());
    queue_.Push(operations_[1]);
    EXPECT_EQ(Drain(), Order{1});
}

TEST_F(OperationQueueTest, DoesNotRemoveWhatIsNotThere) {
    queue_.Push(operations_[0]);

    EXPECT_FALSE(queue_.Remove(operations_[1]));

    EXPECT_EQ(Drain(), Order{0});
}

}  // namespace
