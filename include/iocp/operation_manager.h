// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/operation.h>

#include <cstddef>
#include <memory>
#include <vector>

// The pool of one worker's operations. It grows by blocks when it is empty. After a peak, blocks all of whose
// operations are back go to the heap; an operation that a kernel still has keeps its block where it is.
//
// Thread rule: everything on the worker that owns the manager; FreeCount and Count also when that worker has ended.
class IOCP_OperationManager {
public:
    IOCP_OperationManager() noexcept;
    IOCP_OperationManager(const IOCP_OperationManager&) = delete;
    IOCP_OperationManager& operator=(const IOCP_OperationManager&) = delete;

    // All operations must have been released: a kernel may write to any other.
    ~IOCP_OperationManager();

    // A fresh operation of `kind`. Throws std::bad_alloc where there is no memory for another block.
    [[nodiscard]] IOCP_Operation& Acquire(IOCP_Operation::Kind kind) {
        if (free_ == nullptr) Grow();
        IOCP_Operation& operation = *free_;
        if (HasFarEnd(kind)) GiveFarEnd(operation);
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
        operation.bulk = false;
        return operation;
    }

    // Takes back an operation that is not pending.
    void Release(IOCP_Operation& operation) noexcept {
        if (operation.state != IOCP_Operation::State::Acquired) MustBeAcquired(operation);
        operation.state = IOCP_Operation::State::Free;
        operation.next = free_;
        free_ = &operation;
        if (++free_count_ >= shrink_at_) Shrink();
    }

    // Operations in the pool, and operations in all. Equal when nothing is under way.
    [[nodiscard]] std::size_t FreeCount() const noexcept { return free_count_; }
    [[nodiscard]] std::size_t Count() const noexcept { return count_; }

private:
    static constexpr std::size_t kBlock = 64;
    static constexpr std::size_t kFew = 16 * kBlock;  // not worth giving back
    static constexpr std::size_t kNever = ~std::size_t{0};
    struct Block;

    [[nodiscard]] static constexpr bool HasFarEnd(IOCP_Operation::Kind kind) noexcept {
        using Kind = IOCP_Operation::Kind;
        return kind == Kind::Accept || kind == Kind::Connect || kind == Kind::RecvFrom || kind == Kind::SendTo;
    }
    static void GiveFarEnd(IOCP_Operation& operation);
    static void MustBeAcquired(const IOCP_Operation& operation) noexcept;

    void Grow();
    void Shrink() noexcept;

    std::vector<std::unique_ptr<Block>> blocks_;
    IOCP_Operation* free_ = nullptr;
    std::size_t free_count_ = 0;
    std::size_t count_ = 0;
    std::size_t shrink_at_ = kNever;  // once so many are free
};
