// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/operation.h>

#include <utility>

namespace iocp::detail {

// First in, first out; linked through the operations themselves, of which each is in one queue at most.
class OperationQueue {
public:
    [[nodiscard]] bool Empty() const noexcept { return last_ == nullptr; }

    void Push(IOCP_Operation& operation) noexcept {
        operation.next = last_ == nullptr ? &operation : std::exchange(last_->next, &operation);
        last_ = &operation;
    }

    // These two only where it is not empty.
    [[nodiscard]] IOCP_Operation& First() const noexcept { return *last_->next; }
    IOCP_Operation& Pop() noexcept {
        IOCP_Operation& first = First();
        // Not by RemoveBehind, which takes longer: every message comes this way.
        if (&first == last_)
            last_ = nullptr;
        else
            last_->next = first.next;
        first.next = nullptr;
        return first;
    }

    // Takes `operation` out, wherever it stands; false where it is not in the queue.
    bool Remove(IOCP_Operation& operation) noexcept {
        if (Empty()) return false;
        IOCP_Operation* before = last_;
        while (before->next != &operation) {
            before = before->next;
            if (before == last_) return false;
        }
        RemoveBehind(*before);
        return true;
    }

private:
    void RemoveBehind(IOCP_Operation& before) noexcept {
        IOCP_Operation& operation = *before.next;
        before.next = operation.next;
        if (last_ == &operation) last_ = &before == &operation ? nullptr : &before;
        operation.next = nullptr;
    }

    IOCP_Operation* last_ = nullptr;  // whose next is the first
};

}  // namespace iocp::detail
