// SPDX-License-Identifier: MIT
#include "inbox.h"

#include "engine.h"

namespace iocp::detail {

bool Inbox::Post(Message message) {
    const std::lock_guard lock(mutex_);
    if (engine_ == nullptr) return false;
    WakeIfEmpty();
    messages_.push_back(std::move(message));
    return true;
}

void Inbox::Resume(SharedWait& wait) noexcept {
    const std::lock_guard lock(mutex_);
    WakeIfEmpty();
    waits_.Push(wait);
}

void Inbox::WakeIfEmpty() noexcept {
    if (!messages_.empty() || !waits_.Empty()) return;
    seems_empty_.store(false, std::memory_order_release);  // first: whoever is woken looks at this
    engine_->Wake();
}

void Inbox::Forget(SharedWait& wait) noexcept {
    const std::lock_guard lock(mutex_);
    waits_.Remove(wait);
}

SharedWait* Inbox::TakeWait() noexcept {
    const std::lock_guard lock(mutex_);
    if (!waits_.Empty()) return &waits_.Pop();
    if (messages_.empty())
        seems_empty_.store(true, std::memory_order_relaxed);
    else
        engine_->Wake();
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
