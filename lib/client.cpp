// SPDX-License-Identifier: MIT
#include "connection.h"
#include "misuse.h"

#include <iocp/client.h>

#include <atomic>

namespace {

std::uint64_t NextId() noexcept {
    // The one thing that all cores of a process share, because an id is never reused in the process.
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

}  // namespace

IOCP_Client::IOCP_Client() noexcept : id_(NextId()) {}

IOCP_Client::~IOCP_Client() = default;

iocp::Endpoint IOCP_Client::Local() const { return connection_ ? connection_->Local() : iocp::Endpoint(); }

void IOCP_Client::Close() noexcept {
    if (connection_) connection_->CloseFromAnywhere(shared_from_this());
}

namespace iocp::detail {

namespace {

Connection& MustBeConnected(Connection* connection) {
    if (connection == nullptr) Misuse("Recv or Send on a client that no core has accepted");
    return *connection;
}

}  // namespace

bool RecvWait::Start(std::coroutine_handle<> coroutine) {
    waiter = coroutine;
    suspended = MustBeConnected(connection).StartRecv(*this);
    return suspended;
}

bool SendWait::Start(std::coroutine_handle<> coroutine) {
    waiter = coroutine;
    suspended = MustBeConnected(connection).StartSend(*this);
    return suspended;
}

RecvWait::RecvWait(Connection* on, Memory into, Deadline at_most) noexcept
    : Wait(on, at_most,
           [](Timer& timer) noexcept {
               auto& wait = static_cast<RecvWait&>(timer);
               wait.connection->OnDue(wait);
           }),
      memory(into) {}

SendWait::SendWait(Connection* on, Memory bytes, Deadline at_most) noexcept
    : Wait(on, at_most,
           [](Timer& timer) noexcept {
               auto& wait = static_cast<SendWait&>(timer);
               wait.connection->OnDue(wait);
           }),
      memory(bytes) {}

RecvWait::~RecvWait() {
    if (suspended) connection->Abandon(*this);
}

SendWait::~SendWait() {
    if (suspended) connection->Abandon(*this);
}

void Wait::Resume() {
    suspended = false;
    waiter.resume();
}

}  // namespace iocp::detail
