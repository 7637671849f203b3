// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/awaitable.h>
#include <iocp/shared_wait.h>

#include <cstddef>
#include <mutex>
#include <utility>

namespace iocp {

class Semaphore;
class Mutex;
class MutexLock;

namespace detail {

class SemaphoreWait final : public SharedWait {
public:
    using Request = Semaphore*;

    SemaphoreWait(Request asked, Deadline at_most) noexcept;
    [[nodiscard]] Result Take() const noexcept { return result; }

    [[nodiscard]] const Request& Asked() const noexcept { return request_; }

private:
    Request request_;
};

class MutexWait final : public SharedWait {
public:
    using Request = Mutex*;

    MutexWait(Request asked, Deadline at_most) noexcept;
    [[nodiscard]] MutexLock Take() const noexcept;

    [[nodiscard]] const Request& Asked() const noexcept { return request_; }

private:
    Request request_;
};

}  // namespace detail

// A number of permits that coroutines of any worker share. Served in the order of coming.
// Owner: yours; it must outlive those that wait. Thread rule: any thread, except that Acquire is for coroutines of a
// core.
class Semaphore final : private detail::WaitSource {
public:
    explicit Semaphore(std::size_t permits) noexcept : free_(permits) {}
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    // Waits for a permit. Yields a Result: true when it is yours, until you Release it; Timeout, Stopped.
    [[nodiscard]] Awaitable<detail::SemaphoreWait> Acquire() noexcept { return Awaitable<detail::SemaphoreWait>(this); }

    // Takes a permit where one is free.
    [[nodiscard]] bool TryAcquire();

    void Release(std::size_t permits = 1);

private:
    friend class detail::SemaphoreWait;
    friend class detail::MutexWait;

    bool TakeOrQueue(detail::SharedWait& wait) override;
    bool GiveUp(detail::SharedWait& wait) noexcept override;
    void TakeBack(detail::SharedWait&) noexcept override { Release(); }

    std::mutex mutex_;
    detail::WaitQueue waiting_;
    std::size_t free_;
};

// Lets one coroutine in at a time, also while it awaits something: `auto lock = co_await mutex.Lock();`
// Needed only for what several clients share. Owner: yours; it must outlive those that wait and those that hold it.
class Mutex {
public:
    Mutex() = default;

    // Waits for its turn. Yields a MutexLock: true when it is yours; Timeout, Stopped.
    [[nodiscard]] Awaitable<detail::MutexWait> Lock() noexcept { return Awaitable<detail::MutexWait>(this); }

private:
    friend class MutexLock;
    friend class detail::MutexWait;

    Semaphore free_{1};
};

// Holds a Mutex until it is destroyed, or says why it does not. Thread rule: stays in the coroutine that locked.
class [[nodiscard]] MutexLock : public Result {
public:
    MutexLock(const Result& result, Mutex& mutex) noexcept : Result(result), mutex_(result ? &mutex : nullptr) {}
    MutexLock(MutexLock&& other) noexcept : Result(other), mutex_(std::exchange(other.mutex_, nullptr)) {}
    MutexLock& operator=(MutexLock&&) = delete;
    ~MutexLock() {
        if (mutex_ != nullptr) mutex_->free_.Release();
    }

private:
    Mutex* mutex_;
};

namespace detail {

inline SemaphoreWait::SemaphoreWait(Request asked, Deadline at_most) noexcept
    : SharedWait(*asked, nullptr, at_most), request_(asked) {}

inline MutexWait::MutexWait(Request asked, Deadline at_most) noexcept
    : SharedWait(asked->free_, nullptr, at_most), request_(asked) {}

inline MutexLock MutexWait::Take() const noexcept { return {result, *request_}; }

}  // namespace detail

}  // namespace iocp
