// SPDX-License-Identifier: MIT
#include "recycling.h"

#include <iocp/operation_manager.h>
#include <gsl/assert>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

IOCP_Operation::~IOCP_Operation() = default;

struct IOCP_OperationManager::Block {
    std::array<IOCP_Operation, kBlock> operations;
    std::size_t free = 0;  // how many of them, while the pool shrinks
};

IOCP_OperationManager::IOCP_OperationManager() noexcept = default;

IOCP_OperationManager::~IOCP_OperationManager() { Expects(FreeCount() == Count()); }

void IOCP_OperationManager::GiveFarEnd(IOCP_Operation& operation) {
    if (!operation.far_) operation.far_ = std::make_unique<IOCP_Operation::FarEnd>();
    operation.far_->more = nullptr;
}

void IOCP_OperationManager::MustBeAcquired(const IOCP_Operation& operation) noexcept {
    Expects(operation.state == IOCP_Operation::State::Acquired);
}

void IOCP_OperationManager::Grow() {
    if constexpr (!iocp::detail::kRecycles) {
        free_ = new IOCP_Operation;
        ++free_count_;
        ++count_;
        shrink_at_ = 1;
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
    if constexpr (!iocp::detail::kRecycles) {
        delete std::exchange(free_, nullptr);
        --free_count_;
        --count_;
        return;
    }
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
