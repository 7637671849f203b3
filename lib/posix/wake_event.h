// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

namespace iocp::detail {

// An eventfd that makes a sleeping worker look up; written at most once for each time that it is cleared.
class WakeEvent {
public:
    // Throws StartError.
    WakeEvent();
    WakeEvent(const WakeEvent&) = delete;
    WakeEvent& operator=(const WakeEvent&) = delete;
    ~WakeEvent();

    [[nodiscard]] int Descriptor() const noexcept { return descriptor_; }

    // From any thread.
    void Set() noexcept;

    // By the worker, once it is awake; before it looks for what it was woken for.
    void Clear() noexcept;

private:
    int descriptor_;
    std::atomic<bool> set_ = false;
};

}  // namespace iocp::detail
