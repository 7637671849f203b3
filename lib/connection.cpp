// SPDX-License-Identifier: MIT
#include "connection.h"

#include "inbox.h"
#include "misuse.h"
#include "socket.h"
#include "worker.h"

#include <chrono>
#include <utility>

namespace iocp::detail {

Connection::Connection(Worker& home) : home_(&home), inbox_(home.Mail()) { home.Add(*this); }

void Connection::CloseHere() noexcept {
    if (closed_) return;
    closed_ = true;
    EndWaits(true);
}

void Connection::CloseFromAnywhere(const std::shared_ptr<IOCP_Client>& client) noexcept {
    if (close_asked_.exchange(true)) return;
    // Always by message: a close by the handler itself must not end waits in the middle of what it is doing.
    inbox_->Post([this, client] {
        if (!ended_) CloseHere();
    });
}

void Connection::End() noexcept {
    if (ended_) return;
    CloseHere();
    LetGo();
    ended_ = true;
    home_->Remove(*this);
}

Task<void> Connection::Linger(std::chrono::milliseconds) { co_return; }

void Connection::Stop() noexcept {
    stopping_ = true;
    EndWaits(false);
}

bool Connection::Refuse(Wait& wait, Outcome outcome) {
    wait.result = Result(outcome);
    if (ended_ || home_->SpendInline()) return false;
    if (closed_ && ++refusals_ == kMostRefusals && session_) {
        home_->Unwind(session_);
        return true;
    }
    EndSoon(wait, outcome);
    return true;
}

void Connection::EndSoon(Wait& wait, Outcome outcome) {
    if (wait.cut != Outcome::Ok) return;
    wait.cut = outcome;
    home_->Timers().Disarm(wait);
    home_->Timers().Arm(wait, home_->Now());
}

void Connection::CutOff(Wait& wait, Outcome why) noexcept {
    if (wait.cut != Outcome::Ok) return;
    wait.cut = why;
    home_->Timers().Disarm(wait);
    IOCP_Operation& operation = *wait.operation;
    if (operation.state != IOCP_Operation::State::Pending) return;
    operation.cancel_requested = true;
    home_->Io().Cancel(operation);
}

void Connection::ArmDeadline(Wait& wait) {
    // Not from the beginning of the turn, from which a deadline would be early by what the turn has taken so far.
    const auto due = wait.limit.From(home_->Net().Now());
    if (due != Clock::time_point::max()) home_->Timers().Arm(wait, due);
}

Result Connection::ResultOf(const Wait& wait, const IOCP_Operation& operation) noexcept {
    if (operation.native_code == 0) return Result(Outcome::Ok, operation.transferred);
    if (wait.cut != Outcome::Ok && IsCancelled(operation.native_code)) return Result(wait.cut);
    return Result(OutcomeOf(operation.native_code), operation.transferred, operation.native_code);
}

void Introduction::Bind(IOCP_Client& client, std::shared_ptr<Connection> connection, const Endpoint& remote,
                        int protocol_id, Transport transport) noexcept {
    client.connection_ = std::move(connection);
    client.remote_ = remote;
    client.protocol_id_ = protocol_id;
    client.transport_ = transport;
}

}  // namespace iocp::detail
