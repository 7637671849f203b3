// SPDX-License-Identifier: MIT
#pragma once

#include "stoppable.h"

#include <iocp/awaitables.h>
#include <iocp/client.h>
#include <iocp/task.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <memory>

namespace iocp::detail {

class Inbox;
class Worker;

// What is behind an IOCP_Client: its worker, and its way to the peer. Lives as long as the client; after End it holds
// nothing of its worker's.
class Connection : public Stoppable {
public:
    explicit Connection(Worker& home);
    virtual ~Connection() = default;

    // A wait begins. True: the coroutine is suspended, and resumed when the wait has ended. False: it has ended.
    [[nodiscard]] virtual bool StartRecv(RecvWait& wait) = 0;
    [[nodiscard]] virtual bool StartSend(SendWait& wait) = 0;

    // A wait that has begun and not ended goes away with its coroutine.
    virtual void Abandon(RecvWait& wait) noexcept = 0;
    virtual void Abandon(SendWait& wait) noexcept = 0;

    // The timer of a suspended wait is due: its deadline has passed, or it is to end because of EndSoon.
    virtual void OnDue(RecvWait& wait) noexcept = 0;
    virtual void OnDue(SendWait& wait) noexcept = 0;

    [[nodiscard]] virtual Endpoint Local() const noexcept = 0;

    // After the handler: whether the peer must be waited for so that it gets all that was sent, and the waiting.
    [[nodiscard]] virtual bool MustLinger() const noexcept { return false; }
    [[nodiscard]] virtual Task<void> Linger(std::chrono::milliseconds limit);

    // Ends every wait, lets go of the socket, and leaves the worker. Calling it again does no harm.
    void End() noexcept;

    // Every wait ends as Stopped, now and from now on. Resumes no coroutine itself.
    void CloseHere() noexcept;

    // The same from any thread; `client` keeps the connection alive on the way.
    void CloseFromAnywhere(const std::shared_ptr<IOCP_Client>& client) noexcept;

    // The session that is destroyed when its handler does not take Stopped for an answer.
    void BelongsTo(std::coroutine_handle<> session) noexcept { session_ = session; }

    void Stop() noexcept override;
    void Cut() noexcept override { CloseHere(); }

protected:
    [[nodiscard]] Worker& Home() const noexcept { return *home_; }
    [[nodiscard]] bool IsClosed() const noexcept { return closed_; }
    [[nodiscard]] bool IsStopping() const noexcept { return stopping_; }

    // Ends `wait` as `outcome` at once where it may go on, and else soon. For the return of a Start.
    [[nodiscard]] bool Refuse(Wait& wait, Outcome outcome);

    // Ends a suspended `wait` that has no operation as `outcome`, soon.
    void EndSoon(Wait& wait, Outcome outcome);

    // Asks for the end of a wait's operation; `why` is what the wait ends as, unless the operation ends by itself
    // first.
    void CutOff(Wait& wait, Outcome why) noexcept;

    void ArmDeadline(Wait& wait);

    // What a wait whose operation has ended yields.
    [[nodiscard]] static Result ResultOf(const Wait& wait, const IOCP_Operation& operation) noexcept;

    // Ends what waits, because of CloseHere or Stop.
    virtual void EndWaits(bool sends_too) noexcept = 0;

    virtual void LetGo() noexcept = 0;

private:
    // A handler that goes on asking after this many refusals never will return.
    static constexpr unsigned kMostRefusals = 1'000;

    Worker* home_;
    std::shared_ptr<Inbox> inbox_;
    std::coroutine_handle<> session_;
    unsigned refusals_ = 0;
    bool stopping_ = false;
    bool closed_ = false;
    bool ended_ = false;
    std::atomic<bool> close_asked_ = false;
};

// How the core's own parts reach into a client.
struct Introduction {
    static void Bind(IOCP_Client& client, std::shared_ptr<Connection> connection, const Endpoint& remote,
                     int protocol_id, Transport transport) noexcept;
    [[nodiscard]] static Connection& Of(IOCP_Client& client) noexcept { return *client.connection_; }
};

}  // namespace iocp::detail
