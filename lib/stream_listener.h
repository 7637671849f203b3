// SPDX-License-Identifier: MIT
#pragma once

#include "detached.h"
#include "engine.h"
#include "operation_wait.h"
#include "session.h"
#include "stoppable.h"

#include <iocp/options.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <vector>

namespace iocp::detail {

class Worker;

// A TCP listener: keeps accepts pending on one worker and spreads the clients over all. No failure of an accept ends
// it; at its limit of clients it waits for one to leave, and at its limit of accepts for time to pass, while the
// system's backlog holds the others.
class StreamListener final : public Door, public Stoppable {
public:
    // Takes over `socket`, which listens.
    StreamListener(Worker& home, const Listener& settings, SocketHandle socket, DoorGuard& guard, AcceptDepth depth);
    ~StreamListener();

    // On the home worker.
    void Open();

    void Left(const Endpoint& remote) noexcept override;
    void Stop() noexcept override;
    void Cut() noexcept override {}
    void LimitsChanged() noexcept override;

private:
    struct SlotFree;
    struct ItsTurn;

    static Detached AcceptLoop(Worker& worker, StreamListener& self, OperationWait accept);

    [[nodiscard]] bool TakeSlot() noexcept;
    void CountFull() noexcept;
    void GiveSlotBack() noexcept;
    void WakeOne() noexcept;
    void Pace(std::chrono::nanoseconds wait);
    void WakePaced() noexcept;
    void WakeAll() noexcept;
    [[nodiscard]] bool Enter(SocketHandle socket, const Endpoint& remote) noexcept;
    void LetIn(SocketHandle socket, const Endpoint& remote) noexcept;
    void Begin(Worker& worker, SocketHandle socket, const Endpoint& remote) noexcept;
    void LeaveUnseen(SocketHandle socket, const Endpoint& remote) noexcept;
    void TurnAway(SocketHandle socket, const Endpoint& remote) noexcept;
    void AdaptDepth() noexcept;
    void BeginLoop();

    Worker& home_;
    SocketHandle socket_;
    const AcceptDepth depth_;
    std::atomic<std::size_t> slots_taken_ = 0;  // clients, and accepts that are pending
    std::atomic<bool> waiting_for_slot_ = false;
    // With room for all accept loops.
    std::vector<std::coroutine_handle<>> waiting_;
    std::vector<std::coroutine_handle<>> paced_;  // wait for accepts_per_second, each with its client
    std::vector<IOCP_Operation*> pending_;
    TimerFor<StreamListener, &StreamListener::WakePaced> pace_{*this};
    unsigned loops_ = 0;
    bool full_ = false;
    bool stopped_ = false;
};

}  // namespace iocp::detail
