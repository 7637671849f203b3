// SPDX-License-Identifier: MIT
#include "inbox.h"

#include "engine.h"

namespace iocp::detail {

bool Inbox::Post(Message message) {
    const std::lock_guard lock(mutex_);
    if (engine_ == nullptr) return false;
    messages_.push_back(std::move(message));
    if (messages_.size() == 1) engine_->Wake();
    return true;
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
