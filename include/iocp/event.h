// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/awaitable.h>
#include <iocp/shared_wait.h>

#include <mutex>

namespace iocp {

class Event;

namespace detail {

class EventWait final : public SharedWait {
public:
    using Request = Event*;

    EventWait(Request asked, Deadline at_most) noexcept;
    [[nodiscard]] Result Take() const noexcept { return result; }

    [[nodiscard]] const Request& Asked() const noexcept { return request_; }

private:
    Request request_;
};

}  // namespace detail

// Something that happens once, or is so until it is Reset, and that coroutines of any worker wait for.
// Owner: yours; it must outlive those that wait. Thread rule: any thread, except that Wait is for coroutines of a core.
class Event final : private detail::WaitSource {
public:
    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    // It is so: whoever waits goes on, and so does whoever comes until Reset.
    void Set();
    void Reset();
    [[nodiscard]] bool IsSet() const;

    // Waits until it is set. Yields a Result: Timeout, Stopped.
    [[nodiscard]] Awaitable<detail::EventWait> Wait() noexcept { return Awaitable<detail::EventWait>(this); }

private:
    friend class detail::EventWait;

    bool TakeOrQueue(detail::SharedWait& wait) override;
    bool GiveUp(detail::SharedWait& wait) noexcept override;
    void TakeBack(detail::SharedWait&) noexcept override {}

    mutable std::mutex mutex_;
    detail::WaitQueue waiting_;
    bool set_ = false;
};

namespace detail {

inline EventWait::EventWait(Request asked, Deadline at_most) noexcept
    : SharedWait(*asked, nullptr, at_most), request_(asked) {}

}  // namespace detail

}  // namespace iocp
