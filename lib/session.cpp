// SPDX-License-Identifier: MIT
#include "session.h"

#include "core_state.h"
#include "worker.h"

#include <exception>
#include <new>
#include <utility>

namespace iocp::detail {

namespace {

// From the moment when a client is at the door: whatever happens, it leaves every book that it was written into.
class Stay {
public:
    Stay(Worker& worker, Door& door, std::shared_ptr<Connection> connection, const Endpoint& remote) noexcept
        : worker_(worker), door_(door), connection_(std::move(connection)), remote_(remote) {}
    Stay(Stay&& other) noexcept = default;
    Stay& operator=(Stay&& other) = delete;

    ~Stay() {
        if (!connection_) return;  // moved from
        HandlerHasEnded();
        connection_->End();
        --worker_.Load();
        door_.Left(remote_);
    }

    void Admit(std::shared_ptr<IOCP_Client> client) {
        client_ = std::move(client);
        Introduction::Bind(*client_, connection_, remote_, door_.ProtocolId(), door_.Over());
        connection_->LimitPosts(door_.Posts());
        connection_->Guard().Begin(*connection_, *client_, door_.Guard());
        worker_.Core().Enter(client_);
        ++worker_.Core().Count().clients_accepted;
    }

    void HandlerHasEnded() noexcept {
        if (!client_) return;
        connection_->Guard().Rest();
        connection_->Retire();
        worker_.Core().Leave(*client_);
        worker_.Core().Guard(client_->Id(), [this] { door_.Protocol().DeleteClient(*client_); });
        client_.reset();
    }

    [[nodiscard]] IOCP_Client& Client() const noexcept { return *client_; }
    [[nodiscard]] Connection& Link() const noexcept { return *connection_; }

private:
    Worker& worker_;
    Door& door_;
    std::shared_ptr<Connection> connection_;
    std::shared_ptr<IOCP_Client> client_;
    Endpoint remote_;
};

Detached Serve(Worker& worker, Door& door, Stay stay) {
    Connection& connection = stay.Link();
    co_await Enter{connection.OwnScope()};

    std::exception_ptr failure;
    try {
        co_await door.Protocol().ProcedureClient(stay.Client());
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) worker.Core().Report(stay.Client().Id(), failure);

    co_await connection.EndChildren(worker.Core().Settings().linger);
    stay.HandlerHasEnded();
    if (!connection.MustLinger()) co_return;
    try {
        co_await connection.Linger(worker.Core().Settings().linger);
    } catch (const std::bad_alloc&) {
        connection.Cut();  // the peer may miss what was sent last
    }
}

}  // namespace

void BeginSession(Worker& worker, Door& door, std::shared_ptr<Connection> connection, const Endpoint& remote) noexcept {
    Stay stay(worker, door, std::move(connection), remote);
    if (worker.IsStopping()) return;

    std::shared_ptr<IOCP_Client> client;
    worker.Core().Guard(0, [&] {
        client = door.Protocol().AcceptClient(Arrival{remote, door.Over(), door.ProtocolId()});
        if (!client) ++worker.Core().Count().clients_refused;
    });
    if (!client) return;
    try {
        stay.Admit(std::move(client));
        const Activity::Running started(stay.Client().Id(), {});
        Serve(worker, door, std::move(stay));
    } catch (const std::bad_alloc&) {
        ++worker.Core().Count().refused_no_memory;
    }
}

}  // namespace iocp::detail
