// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/operation.h>

namespace iocp::detail {

// First in, first out; linked through the operations themselves, of which each is in one queue at most.
class OperationQueue {
public:
    [[nodiscard]] bool Empty() const noexcept { return first_ == nullptr; }

    void Push(IOCP_Operation& operation) noexcept {
        operation.next = nullptr;
        (first_ == nullptr ? first_ : last_->next) = &operation;
        last_ = &operation;
    }

    // Only where it is not empty.
    IOCP_Operation& Pop() noexcept {
        IOCP_Operation& operation = *first_;
        first_ = operation.next;
        operation.next = nullptr;
        return operation;
    }

    // Takes `operation` out, wherever it stands; false where it is not in the queue.
    bool Remove(IOCP_Operation& operation) noexcept {
        IOCP_Operation* before = nullptr;
        for (IOCP_Operation* at = first_; at != nullptr; before = at, at = at->next) {
            if (at != &operation) continue;
            (before == nullptr ? first_ : before->next) = at->next;
            if (last_ == at) last_ = before;
            at->next = nullptr;
            return true;
        }
        return false;
    }

private:
    IOCP_Operation* first_ = nullptr;
    IOCP_Operation* last_ = nullptr;
};

}  // namespace iocp::detail
