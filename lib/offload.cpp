// SPDX-License-Identifier: MIT
#include "core_state.h"
#include "worker.h"

#include <iocp/offload.h>

namespace iocp::detail {

void Job::Run() noexcept {
    Work();
    const std::lock_guard lock(mutex_);
    done_ = true;
    if (!waiting_.Empty()) waiting_.Pop().Grant();
}

bool Job::Begin() { return Worker::Current()->Core().Offload(shared_from_this()); }

bool Job::TakeOrQueue(SharedWait& wait) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.Push(wait);
    }
    if (!Begin()) {
        GiveUp(wait);
        wait.EndsAs(Outcome::Full);
        return true;
    }
    return false;
}

bool Job::GiveUp(SharedWait& wait) noexcept {
    const std::lock_guard lock(mutex_);
    return waiting_.Remove(wait);
}

}  // namespace iocp::detail
