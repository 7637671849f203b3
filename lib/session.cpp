// SPDX-License-Identifier: MIT
#include "session.h"

#include "core_state.h"
#include "worker.h"

#include <cstdint>
#include <exception>
#include <new>
#include <utility>

namespace iocp::detail {

namespace {

// One who is at a door, or was let in and whose handler has ended: whatever happens, its connection ends and it leaves
// the books of its door and its worker.
class Visitor {
public:
    Visitor(Worker& worker, Door& door, std::shared_ptr<Connection> connection, const Endpoint& remote) noexcept
        : worker_(worker), door_(door), connection_(std::move(connection)), remote_(remote) {}
    Visitor(Visitor&& other) noexcept = default;
    Visitor& operator=(Visitor&& other) = delete;

    ~Visitor() {
        if (!connection_) return;  // moved from
        connection_->End();
        --worker_.Load();
        door_.Left(remote_);
    }

    // Then it is a visitor no more.
    [[nodiscard]] std::shared_ptr<Connection> TakeLink() noexcept { return std::move(connection_); }

private:
    Worker& worker_;
    Door& door_;
    std::shared_ptr<Connection> connection_;
    Endpoint remote_;
};

// The stay of a client, from when it is let in to the end of its handler; after that it is a visitor that leaves. Its
// memory is a part of what an idle client costs.
class Stay {
public:
    Stay(Worker& worker, Door& door, std::shared_ptr<IOCP_Client> client) noexcept
        : worker_(worker), door_(door), client_(std::move(client)) {}
    Stay(Stay&& other) noexcept = default;
    Stay& operator=(Stay&& other) = delete;
    ~Stay() {
        if (client_) End();
    }

    [[nodiscard]] Task<> Handle() const { return door_.Protocol().ProcedureClient(*client_); }
    [[nodiscard]] Connection& Link() const noexcept { return Introduction::Of(*client_); }
    [[nodiscard]] IOCP_Client& Client() const noexcept { return *client_; }

    // Once.
    Visitor End() noexcept {
        const std::shared_ptr<IOCP_Client> client = std::move(client_);
        std::shared_ptr<Connection> connection = Introduction::Held(*client);
        connection->Guard().Rest();
        connection->Retire();
        worker_.Core().Leave(*client);
        worker_.Core().Guard(client->Id(), [&] { door_.Protocol().DeleteClient(*client); });
        return {worker_, door_, std::move(connection), client->Remote()};
    }

private:
    Worker& worker_;
    Door& door_;
    std::shared_ptr<IOCP_Client> client_;
};

Stay Admit(Worker& worker, Door& door, Visitor& visitor, const Endpoint& remote, std::shared_ptr<IOCP_Client> client) {
    Introduction::Bind(*client, visitor.TakeLink(), remote, door.ProtocolId(), door.Over());
    Stay stay(worker, door, std::move(client));
    Connection& connection = stay.Link();
    connection.LimitPosts(door.Posts());
    connection.Guard().Begin(connection, stay.Client(), door.Guard());
    worker.Core().Enter(stay.Client());
    ++worker.Core().Count().clients_accepted;
    return stay;
}

// When the handler has ended: waits for the client's children, and then for its peer, where that is called for.
Detached SeeOff(Worker& worker, Stay stay) {
    Connection& connection = stay.Link();
    co_await Enter{connection.OwnScope()};

    co_await connection.EndChildren(worker.Core().Settings().linger);
    const Visitor leaving = stay.End();
    if (!connection.MustLinger()) co_return;
    try {
        co_await connection.Linger(worker.Core().Settings().linger);
    } catch (const std::bad_alloc&) {
        connection.Cut();  // the peer may miss what was sent last
    }
}

Detached Serve(Worker& worker, Stay stay) {
    co_await Enter{stay.Link().OwnScope()};

    std::exception_ptr failure;
    try {
        co_await stay.Handle();
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) worker.Core().Report(stay.Client().Id(), std::move(failure));

    try {
        SeeOff(worker, std::move(stay));
    } catch (const std::bad_alloc&) {
        co_return;  // then it has left at once
    }
}

}  // namespace

void BeginSession(Worker& worker, Door& door, std::shared_ptr<Connection> connection, const Endpoint& remote) noexcept {
    Visitor visitor(worker, door, std::move(connection), remote);
    if (worker.IsStopping()) return;

    std::shared_ptr<IOCP_Client> client;
    worker.Core().Guard(0, [&] {
        client = door.Protocol().AcceptClient(Arrival{remote, door.Over(), door.ProtocolId()});
        if (!client) ++worker.Core().Count().clients_refused;
    });
    if (!client) return;
    try {
        Stay stay = Admit(worker, door, visitor, remote, std::move(client));
        const Activity::Running started(stay.Client().Id(), {});
        Serve(worker, std::move(stay));
    } catch (const std::bad_alloc&) {
        ++worker.Core().Count().refused_no_memory;
    }
}

}  // namespace iocp::detail
