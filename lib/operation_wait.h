// SPDX-License-Identifier: MIT
#pragma once

#include "worker.h"

#include <iocp/operation.h>

#include <coroutine>
#include <utility>

namespace iocp::detail {

// For the core's own coroutines: an operation that is filled in, awaited once, and back in the pool in the end.
class OperationWait {
public:
    OperationWait(Worker& worker, IOCP_Operation::Kind kind)
        : worker_(worker), operation_(&worker.Operations().Acquire(kind)) {}
    OperationWait(OperationWait&& other) noexcept  // one that nobody has awaited
        : worker_(other.worker_), operation_(std::exchange(other.operation_, nullptr)) {}
    OperationWait& operator=(OperationWait&&) = delete;
    ~OperationWait() {
        if (operation_ == nullptr) return;
        if (suspended_)
            worker_.Abandon(*operation_);
        else
            worker_.Operations().Release(*operation_);
    }

    IOCP_Operation* operator->() const noexcept { return operation_; }
    IOCP_Operation& operator*() const noexcept { return *operation_; }

    void Cancel() noexcept {
        if (operation_->state != IOCP_Operation::State::Pending) return;
        operation_->cancel_requested = true;
        worker_.Io().Cancel(*operation_);
    }

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine) {
        waiter_ = coroutine;
        operation_->owner = this;
        operation_->completed = [](IOCP_Operation& operation) noexcept {
            auto& self = *static_cast<OperationWait*>(operation.owner);
            self.suspended_ = false;
            self.waiter_.resume();
        };
        if (worker_.Io().Submit(*operation_) == Submission::Finished) {
            if (worker_.SpendInline()) return false;
            worker_.Defer(*operation_);
        }
        suspended_ = true;
        return true;
    }
    IOCP_Operation& await_resume() const noexcept { return *operation_; }

private:
    Worker& worker_;
    IOCP_Operation* operation_;
    std::coroutine_handle<> waiter_;
    bool suspended_ = false;
};

}  // namespace iocp::detail
