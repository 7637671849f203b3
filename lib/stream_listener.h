// SPDX-License-Identifier: MIT
#pragma once

#include "detached.h"
#include "engine.h"
#include "session.h"
#include "stoppable.h"

#include <iocp/options.h>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <deque>

namespace iocp::detail {

class Worker;

// A TCP listener: keeps accepts pending on one worker and spreads the clients over all. No failure of an accept ends
// it; at its limit of clients it waits for one to leave, and the system's backlog holds the others.
class StreamListener final : public Door, public Stoppable {
public:
    // Takes over `socket`, which listens. `most_clients` at a time.
    StreamListener(Worker& home, const Listener& settings, SocketHandle socket, std::size_t most_clients,
                   AcceptDepth depth);
    ~StreamListener();

    // On the home worker.
    void Open();

    void Left(const Endpoint& remote) noexcept override;
    void Stop() noexcept override;
    void Cut() noexcept override {}

private:
    struct SlotFree;

    static Detached AcceptLoop(Worker& worker, StreamListener& self);

    [[nodiscard]] bool TakeSlot() noexcept;
    void CountFull() noexcept;
    void GiveSlotBack() noexcept;
    void WakeOne() noexcept;
    void LetIn(SocketHandle socket, const Endpoint& remote);
    void AdaptDepth();

    Worker& home_;
    SocketHandle socket_;
    const std::size_t most_clients_;
    const AcceptDepth depth_;
    std::atomic<std::size_t> slots_taken_ = 0;  // clients, and accepts that are pending
    std::atomic<bool> waiting_for_slot_ = false;
    std::deque<std::coroutine_handle<>> waiting_;
    std::deque<IOCP_Operation*> pending_;
    unsigned loops_ = 0;
    bool full_ = false;
    bool stopped_ = false;
};

}  // namespace iocp::detail
