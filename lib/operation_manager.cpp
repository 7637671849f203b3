// SPDX-License-Identifier: MIT
#include "recycling.h"

#include <iocp/operation_manager.h>
#include <gsl/assert>

#include <algorithm>
#include <array>
#include <iterator>

namespace {

bool HasFarEnd(IOCP_Operation::Kind kind) noexcept {
    using Kind = IOCP_Operation::Kind;
    return kind == Kind::Accept || kind == Kind::Connect || kind == Kind::RecvFrom || kind == Kind::SendTo;
}

}  // namespace

IOCP_Operation::~IOCP_Operation() = default;

struct IOCP_OperationManager::Block {
    std::array<IOCP_Operation, kBlock> operations;
    std::size_t free = 0;  // how many of them, while the pool shrinks
};

IOCP_OperationManager::IOCP_OperationManager() noexcept = default;

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
    if (++free_count_ >= shrink_at_) Shrink();
}

void IOCP_OperationManager::Grow() {
    if constexpr (!iocp::detail::kRecycles) {
        free_ = new IOCP_Operation;
        ++free_count_;
        ++count_;
        return;
    }
    blocks_.push_back(std::make_unique<Block>());
    auto& block = blocks_.back()->operations;
    for (std::size_t i = kBlock; i-- > 0;) {
        block[i].next = free_;
        free_ = &block[i];
    }
    free_count_ += kBlock;
    count_ += kBlock;
    if (count_ > kFew) shrink_at_ = count_ - count_ / 4;
}

void IOCP_OperationManager::Shrink() noexcept {
    const auto begin_of = [](const std::unique_ptr<Block>& block) { return block->operations.data(); };
    std::ranges::sort(blocks_, {}, begin_of);
    const auto block_of = [&](IOCP_Operation* operation) -> Block& {
        return **std::prev(std::ranges::upper_bound(blocks_, operation, {}, begin_of));
    };
    for (IOCP_Operation* at = free_; at != nullptr; at = at->next) ++block_of(at).free;

    IOCP_Operation** end = &free_;
    for (IOCP_Operation* at = free_; at != nullptr; at = at->next) {
        if (block_of(at).free == kBlock) {
            --free_count_;
            continue;
        }
        *end = at;
        end = &at->next;
    }
    *end = nullptr;
    count_ -= kBlock * std::erase_if(blocks_, [](const auto& block) { return block->free == kBlock; });
    for (const auto& block : blocks_) block->free = 0;

    // Where single operations hold many blocks, that is looked at again when half of them are back, not before.
    const std::size_t in_use = count_ - free_count_;
    shrink_at_ = count_ > kFew && in_use > 1 ? count_ - in_use / 2 : kNever;
}
