// SPDX-License-Identifier: MIT
#include "connection.h"
#include "file_access.h"
#include "misuse.h"

#include <iocp/client.h>
#include <iocp/file.h>

#include <algorithm>
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

iocp::SendFileAwaitable IOCP_Client::SendFile(const iocp::File& file, std::uint64_t offset,
                                              std::uint64_t size) noexcept {
    return iocp::SendFileAwaitable({connection_.get(), {file.Handle(), offset}, size});
}

void IOCP_Client::FinishSending() {
    if (connection_) connection_->FinishSending();
}

std::stop_token IOCP_Client::StopToken() {
    if (!connection_) iocp::detail::Misuse("StopToken of a client that no core has accepted");
    return connection_->StopToken();
}

iocp::Result IOCP_Client::Post(iocp::SharedBytes bytes) {
    if (!connection_) return iocp::Result(iocp::Outcome::Closed);
    return connection_->Post(std::move(bytes), *this);
}

void IOCP_Client::SpawnTask(iocp::Task<> task) {
    if (!connection_) iocp::detail::Misuse("Spawn on a client that no core has accepted");
    connection_->RunChild(id_, std::move(task));
}

namespace iocp::detail {

bool FileSendWait::Start(std::coroutine_handle<> coroutine, Scope* of) {
    if (left == kToTheEnd) {
        // Not left to the system, which may hold back the last bytes where more was asked for than there is.
        const std::uint64_t size = SizeOfFile(part.file);
        left = size - std::min(size, part.offset);
    }
    return SendWait::Start(coroutine, of);
}

void RecvWait::OnDue() noexcept { connection->OnDue(*this); }

void SendWait::OnDue() noexcept { connection->OnDue(*this); }

void RecvWait::GiveUp() noexcept {
    LeaveScope();
    connection->GiveUp(*this);
}

void SendWait::GiveUp() noexcept {
    LeaveScope();
    connection->Abandon(*this);
}

Frame FrameWait::Take() noexcept { return result ? Frame(result, search.frame) : connection->Unfinished(result); }

void ConnectionWait::EndAs(Outcome why) noexcept { connection->EndWait(*this, why); }

}  // namespace iocp::detail
