// SPDX-License-Identifier: MIT
// What Event, Semaphore, Mutex and Channel have in common: waits that another thread ends.
#pragma once

#include <iocp/result.h>
#include <iocp/wait.h>

#include <coroutine>

namespace iocp::detail {

class Inbox;
class SharedWait;
class WaitQueue;

// What coroutines of several workers wait for. Its functions are called by the waiting coroutine's worker.
class WaitSource {
public:
    // Takes what there is to take (true), or queues `wait`.
    [[nodiscard]] virtual bool TakeOrQueue(SharedWait& wait) = 0;

    // Takes `wait` out of the queue. False: it was granted in the meantime.
    [[nodiscard]] virtual bool GiveUp(SharedWait& wait) noexcept = 0;

    // Whoever was granted something will never take it.
    virtual void TakeBack(SharedWait& wait) noexcept = 0;

protected:
    ~WaitSource() = default;
};

// A wait for something that any thread may grant.
class SharedWait : public Wait {
public:
    SharedWait(WaitSource& source, void* value, Deadline at_most) noexcept;
    ~SharedWait();

    bool Start(std::coroutine_handle<> coroutine, Scope* of);
    void EndAs(Outcome why) noexcept override;
    void OnDue() noexcept override;

    // By the source, from any thread, when the wait is in its queue no more.
    void Grant(Outcome how = Outcome::Ok) noexcept;

    // By the worker, for a wait that was granted.
    void OnGranted() noexcept;

    // By the source, in TakeOrQueue: there is nothing to wait for.
    void EndsAs(Outcome how) noexcept { how_ = how; }

    // Where a Channel's value is, or is to be.
    void* const slot;
    bool is_sender = false;

private:
    friend class Inbox;
    friend class WaitQueue;

    WaitSource& source_;
    Worker* worker_ = nullptr;
    Inbox* inbox_ = nullptr;
    WaitQueue* queue_ = nullptr;  // the source's, and then the inbox's
    SharedWait* before_ = nullptr;
    SharedWait* behind_ = nullptr;
    bool granted_ = false;
    Outcome how_ = Outcome::Ok;  // it was granted; Closed for the end of a channel
};

// First come, first served. Under its owner's lock.
class WaitQueue {
public:
    [[nodiscard]] bool Empty() const noexcept { return first_ == nullptr; }
    void Push(SharedWait& wait) noexcept;
    SharedWait& Pop() noexcept;

    // False where it is not in the queue.
    bool Remove(SharedWait& wait) noexcept;

private:
    SharedWait* first_ = nullptr;
    SharedWait* last_ = nullptr;
};

}  // namespace iocp::detail
