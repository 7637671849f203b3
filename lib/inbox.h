// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/shared_wait.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace iocp::detail {

class Engine;

// How other threads reach a worker: messages that it runs in the order in which they came. It outlives its worker where
// somebody still holds it, and refuses messages then.
//
// What is posted is bounded by its senders: one start for each client, one close, the datagrams of a peer's queue, one
// of changed limits.
class Inbox {
public:
    using Message = std::function<void()>;

    // From any thread. False when the worker has ended: the message will not run.
    bool Post(Message message);

    // From any thread: `wait`, one of the worker's, is resumed in its next turn. Not under a lock of the worker's.
    void Resume(SharedWait& wait) noexcept;

    // By the worker: a wait that Resume was called for, and that was not taken yet, goes away.
    void Forget(SharedWait& wait) noexcept;

    // By the worker: the next wait to resume, or null; then it is woken at once for messages that came meanwhile, as
    // whoever adds to an inbox that holds something relies on.
    [[nodiscard]] SharedWait* TakeWait() noexcept;

    // By the worker: `engine` is woken for messages from now on.
    void Open(Engine& engine);

    // By the worker: refuses messages from now on, unless one is waiting.
    [[nodiscard]] bool CloseIfEmpty() noexcept;

    // By the worker, in each turn and so without the lock: nothing has come since TakeWait found nothing.
    [[nodiscard]] bool SeemsEmpty() const noexcept { return seems_empty_.load(std::memory_order_acquire); }

    // By the worker: what came since the last call.
    void TakeInto(std::vector<Message>& messages);

private:
    // Before something is added.
    void WakeIfEmpty() noexcept;

    std::mutex mutex_;
    std::atomic<bool> seems_empty_ = true;
    std::vector<Message> messages_;
    WaitQueue waits_;
    Engine* engine_ = nullptr;
};

}  // namespace iocp::detail
