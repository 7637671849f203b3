// SPDX-License-Identifier: MIT
#pragma once

#include "client_guard.h"
#include "detached.h"
#include "misuse.h"
#include "outbox.h"
#include "stoppable.h"
#include "unread_bytes.h"

#include <iocp/client.h>
#include <iocp/client_waits.h>
#include <iocp/operation.h>
#include <iocp/task.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>

namespace iocp::detail {

class Inbox;
class Worker;

// What is behind an IOCP_Client: its worker, and its way to the peer. Lives as long as the client; after End it holds
// nothing of its worker's.
class Connection : public Stoppable {
public:
    explicit Connection(Worker& home);
    virtual ~Connection();

    // A wait of `coroutine` begins. True: the coroutine is suspended, and resumed when the wait has ended. False: it
    // has ended.
    template <class ConnectionWait>
    [[nodiscard]] static bool Begin(ConnectionWait& wait, std::coroutine_handle<> coroutine, Scope* scope) {
        Connection& self = MustBeConnected(wait.connection);
        if constexpr (kChecks) self.MustBeInUse(wait.place);
        wait.waiter = coroutine;
        wait.scope = scope;
        wait.suspended = self.Start(wait);
        if (wait.suspended && scope != &self.scope_) wait.JoinScope();
        return wait.suspended;
    }

    // A wait that has begun and not ended goes away with its coroutine.
    virtual void Abandon(RecvWait& wait) noexcept = 0;
    virtual void Abandon(SendWait& wait) noexcept = 0;

    // The same for a receive; forgets it too where it was put off.
    void GiveUp(RecvWait& wait) noexcept;

    // What a suspended receive waited for has come, or never will. True: it must wait for more, and does.
    [[nodiscard]] bool GoesOn(RecvWait& wait);

    // What a framed call that failed yields.
    [[nodiscard]] Frame Unfinished(const Result& why) noexcept;

    // The timer of a suspended wait is due: its deadline has passed, or it is to end because of EndSoon.
    virtual void OnDue(RecvWait& wait) noexcept = 0;
    virtual void OnDue(SendWait& wait) noexcept = 0;

    [[nodiscard]] virtual Endpoint Local() const noexcept = 0;

    // Whether several posts may go as one.
    [[nodiscard]] virtual bool IsStream() const noexcept = 0;

    // After the handler: whether the peer must be waited for so that it gets all that was sent, and the waiting.
    [[nodiscard]] virtual bool MustLinger() const noexcept { return false; }
    [[nodiscard]] virtual Task<void> Linger(std::chrono::milliseconds limit);

    // Ends every wait, lets go of the socket, and leaves the worker. Calling it again does no harm.
    void End() noexcept;

    // Every wait ends as Stopped, now and from now on. Resumes no coroutine itself.
    void CloseHere() noexcept;

    // The same from any thread; `client` keeps the connection alive on the way.
    void CloseFromAnywhere(const std::shared_ptr<IOCP_Client>& client) noexcept;

    // Asks for the end of a suspended wait; `why` is what it ends as, unless it ends by itself first.
    void EndWait(ConnectionWait& wait, Outcome why) noexcept;

    // Looks after the rules of the client's listener.
    [[nodiscard]] ClientGuard& Guard() noexcept { return guard_; }

    // Ends the Recv under way as Timeout, and all but sends as Stopped from now on.
    void SendAway() noexcept;

    void LimitsChanged() noexcept override { guard_.LimitsChanged(*this); }

    // Of the client's coroutines.
    [[nodiscard]] Scope& OwnScope() noexcept { return scope_; }

    // Runs `task` as one of them.
    void RunChild(std::uint64_t client_id, Task<> task);

    virtual void FinishSending() noexcept {}
    [[nodiscard]] std::stop_token StopToken();

    // From any thread: see IOCP_Client::Post.
    [[nodiscard]] Result Post(SharedBytes bytes, IOCP_Client& client);
    void LimitPosts(const PostLimits& limits) noexcept {
        most_posted_bytes_ = limits.most_bytes;
        when_posts_are_full_ = limits.on_full;
    }

    // Destroys the children that are left, and takes no posts and runs no children any more. After EndChildren, or in
    // place of it.
    void Retire() noexcept;

    // For the session, when the handler has ended: tells the children to stop, cuts off what they send at `limit`, and
    // suspends until all have ended.
    class ChildrenGone;
    [[nodiscard]] ChildrenGone EndChildren(std::chrono::milliseconds limit);

    void Stop() noexcept override;
    void Cut() noexcept override { CloseHere(); }

protected:
    [[nodiscard]] Worker& Home() const noexcept { return *home_; }
    [[nodiscard]] bool IsClosed() const noexcept { return closed_; }
    [[nodiscard]] bool WasSentAway() const noexcept { return guard_.HasEndedClient(); }

    // Ends `wait` as `outcome` at once where it may go on, and else soon. For the return of a Start.
    [[nodiscard]] bool Refuse(Wait& wait, Outcome outcome);

    void ArmDeadline(Wait& wait) {
        if (wait.limit.IsSet() || wait.IsSend()) ArmItsDeadline(wait);
    }

    // What a wait yields whose operation has failed.
    [[nodiscard]] static Result FailureOf(const Wait& wait, const IOCP_Operation& operation) noexcept;

    [[nodiscard]] virtual bool StartRecv(RecvWait& wait) = 0;
    [[nodiscard]] virtual bool StartSend(SendWait& wait) = 0;

    // What comes, comes as datagrams, and no frame lies in two of them.
    [[nodiscard]] virtual bool KeepsBoundaries() const noexcept { return false; }

    // Ends what waits, because of CloseHere or Stop.
    virtual void EndWaits(bool sends_too) noexcept = 0;

    // Ends the Recv under way as `why`.
    virtual void EndRecv(Outcome why) noexcept = 0;

    virtual void LetGo() noexcept = 0;

    RecvWait* receiving_ = nullptr;  // the Recv under way

private:
    friend class ClientGuard;
    class Child;

    void ArmItsDeadline(Wait& wait);

    [[nodiscard]] Outbox& TheOutbox();
    static Detached EmptyOutbox(Worker& worker, Connection& self);

    // Begins to empty it, unless that is under way. Where there is no memory for it the client is closed.
    void SeeToOutbox() noexcept;

    static Detached Run(Worker& worker, Connection& self, std::uint64_t client_id, Task<> task);

    [[nodiscard]] static Connection& MustBeConnected(Connection* connection) noexcept;

    // Tells where no coroutine of the client's may be at work any more, or that is none of this worker's.
    void MustBeInUse(const Place& place) const noexcept;

    [[nodiscard]] bool Start(RecvWait& wait);
    [[nodiscard]] bool Start(SendWait& wait);

    // Receives until `wait` has what it waits for. True: it is suspended. False: it has ended.
    [[nodiscard]] bool Receive(RecvWait& wait);
    [[nodiscard]] bool MayReceive(RecvWait& wait) noexcept;
    [[nodiscard]] bool HasCome(RecvWait& wait) noexcept;

    // Ends `wait` with bytes that have come before. False: they are not enough.
    [[nodiscard]] bool TakeUnread(RecvWait& wait) noexcept;
    [[nodiscard]] bool TakeFrame(RecvWait& wait) noexcept;

    // Resumes a wait that has ended in the next turn, for others to have theirs.
    bool PutOff(RecvWait& wait);

    Worker* home_;
    std::shared_ptr<Inbox> inbox_;
    Scope scope_;
    ClientGuard guard_;
    std::stop_source stop_{std::nostopstate};                  // made when it is asked for
    LiveCounters* const counters_;                             // the core's
    std::atomic<Outbox*> outbox_ = nullptr;                    // made by the first post
    std::size_t most_posted_bytes_ = PostLimits().most_bytes;  // set before anybody can post
    Child* children_ = nullptr;
    UnreadBytes unread_;
    const RecvWait* put_off_ = nullptr;
    ChildrenGone* waiting_for_children_ = nullptr;
    OnFull when_posts_are_full_ = PostLimits().on_full;
    bool emptying_outbox_ = false;
    bool closed_ = false;
    bool ended_ = false;
    bool retired_ = false;
    std::atomic<bool> close_asked_ = false;
};

class Connection::ChildrenGone final : public Timer {
public:
    ChildrenGone(Connection& connection, std::chrono::milliseconds limit) noexcept;
    ChildrenGone(const ChildrenGone&) = delete;
    ChildrenGone& operator=(const ChildrenGone&) = delete;
    ~ChildrenGone();

    bool await_ready() const noexcept { return connection_.children_ == nullptr; }
    void await_suspend(std::coroutine_handle<DetachedPromise> session);
    void await_resume() const noexcept {}

    // The last child is gone.
    void AllGone() noexcept;

private:
    void OnDue() noexcept override;

    Connection& connection_;
    const std::chrono::milliseconds limit_;
    std::coroutine_handle<> session_;
};

inline Connection& Connection::MustBeConnected(Connection* connection) noexcept {
    if (connection == nullptr) Misuse("Recv or Send on a client that no core has accepted");
    return *connection;
}

// How the core's own parts reach into a client.
struct Introduction {
    static void Bind(IOCP_Client& client, std::shared_ptr<Connection> connection, const Endpoint& remote,
                     int protocol_id, Transport transport) noexcept;
    [[nodiscard]] static Connection& Of(IOCP_Client& client) noexcept { return *client.connection_; }
    [[nodiscard]] static std::shared_ptr<Connection> Held(IOCP_Client& client) noexcept { return client.connection_; }
};

}  // namespace iocp::detail
