// SPDX-License-Identifier: MIT
#include <iocp/event.h>

namespace iocp {

void Event::Set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
    while (!waiting_.Empty()) waiting_.Pop().Grant();
}

void Event::Reset() {
    const std::lock_guard lock(mutex_);
    set_ = false;
}

bool Event::IsSet() const {
    const std::lock_guard lock(mutex_);
    return set_;
}

bool Event::TakeOrQueue(detail::SharedWait& wait) {
    const std::lock_guard lock(mutex_);
    if (!set_) waiting_.Push(wait);
    return set_;
}

bool Event::GiveUp(detail::SharedWait& wait) noexcept {
    const std::lock_guard lock(mutex_);
    return waiting_.Remove(wait);
}

}  // namespace iocp
