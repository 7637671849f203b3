// SPDX-License-Identifier: MIT
#include "recycling.h"

#include <iocp/operation_manager.h>
#include <gsl/assert>

namespace {

bool HasFarEnd(IOCP_Operation::Kind kind) noexcept {
    using Kind = IOCP_Operation::Kind;
    return kind == Kind::Accept || kind == Kind::Connect || kind == Kind::RecvFrom || kind == Kind::SendTo;
}

}  // namespace

IOCP_Operation::~IOCP_Operation() = default;

IOCP_OperationManager::~IOCP_OperationManager() { Expects(FreeCount() == Count()); }

IOCP_Operation& IOCP_OperationManager::Acquire(IOCP_Operation::Kind kind) {
    if (free_ == nullptr) Grow();
    IOCP_Operation& operation = *free_;
    if (HasFarEnd(kind) && !operation.far_) operation.far_ = std::make_unique<IOCP_Operation::FarEnd>();
    free_ = operation.next;
    --free_count_;
    operation.next = nullptr;
    operation.kind = kind;
    operation.state = IOCP_Operation::State::Acquired;
    operation.transferred = 0;
    operation.native_code = 0;
    operation.truncated = false;
    operation.cancel_requested = false;
    operation.eager = false;
    operation.more = nullptr;
    return operation;
}

void IOCP_OperationManager::Release(IOCP_Operation& operation) noexcept {
    Expects(operation.state == IOCP_Operation::State::Acquired);
    if constexpr (!iocp::detail::kRecycles) {
        --count_;
        delete &operation;
        return;
    }
    operation.state = IOCP_Operation::State::Free;
    operation.next = free_;
    free_ = &operation;
    ++free_count_;
}

void IOCP_OperationManager::Grow() {
    if constexpr (!iocp::detail::kRecycles) {
        free_ = new IOCP_Operation;
        ++free_count_;
        ++count_;
        return;
    }
    blocks_.push_back(std::make_unique<IOCP_Operation[]>(kBlock));
    IOCP_Operation* block = blocks_.back().get();
    for (std::size_t i = kBlock; i-- > 0;) {
        block[i].next = free_;
        free_ = &block[i];
    }
    free_count_ += kBlock;
    count_ += kBlock;
}
