// SPDX-License-Identifier: MIT
#include "inbox.h"

#include "engine.h"

namespace iocp::detail {

bool Inbox::Post(Message message) {
    const std::lock_guard lock(mutex_);
    if (engine_ == nullptr) return false;
    if (messages_.empty() && waits_.Empty()) engine_->Wake();
    messages_.push_back(std::move(message));
    return true;
}

void Inbox::Resume(SharedWait& wait) noexcept {
    const std::lock_guard lock(mutex_);
    if (messages_.empty() && waits_.Empty()) engine_->Wake();
    waits_.Push(wait);
}

void Inbox::Forget(SharedWait& wait) noexcept {
    const std::lock_guard lock(mutex_);
    waits_.Remove(wait);
}

SharedWait* Inbox::TakeWait() noexcept {
    const std::lock_guard lock(mutex_);
    if (!waits_.Empty()) return &waits_.Pop();
    if (!messages_.empty()) engine_->Wake();
    return nullptr;
}

void Inbox::Open(Engine& engine) {
    const std::lock_guard lock(mutex_);
    engine_ = &engine;
}

bool Inbox::CloseIfEmpty() noexcept {
    const std::lock_guard lock(mutex_);
    if (!messages_.empty()) return false;
    engine_ = nullptr;
    return true;
}

void Inbox::TakeInto(std::vector<Message>& messages) {
    const std::lock_guard lock(mutex_);
    messages.swap(messages_);
}

}  // namespace iocp::detail
