// SPDX-License-Identifier: MIT
#include <iocp/semaphore.h>

namespace iocp {

bool Semaphore::TryAcquire() {
    const std::lock_guard lock(mutex_);
    if (free_ == 0) return false;
    --free_;
    return true;
}

void Semaphore::Release(std::size_t permits) {
    const std::lock_guard lock(mutex_);
    for (; permits > 0 && !waiting_.Empty(); --permits) waiting_.Pop().Grant();
    free_ += permits;
}

bool Semaphore::TakeOrQueue(detail::SharedWait& wait) {
    const std::lock_guard lock(mutex_);
    if (free_ > 0) {
        --free_;
        return true;
    }
    waiting_.Push(wait);
    return false;
}

bool Semaphore::GiveUp(detail::SharedWait& wait) noexcept {
    const std::lock_guard lock(mutex_);
    return waiting_.Remove(wait);
}

}  // namespace iocp
