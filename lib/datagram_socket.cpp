// SPDX-License-Identifier: MIT
#include "buffer_pool.h"
#include "datagram.h"
#include "datagram_batch.h"
#include "misuse.h"
#include "socket.h"
#include "worker.h"

#include <iocp/datagram_socket.h>

#include <algorithm>
#include <new>
#include <utility>

namespace iocp {

namespace detail {

namespace {

// Null: there is no memory for one.
IOCP_Operation* AcquireSendTo(Worker& worker) noexcept {
    try {
        return &worker.Operations().Acquire(IOCP_Operation::Kind::SendTo);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

}  // namespace

Result SendDatagram(Worker& worker, SocketHandle socket, const Endpoint& to,
                    std::span<const std::byte> bytes) noexcept {
    if (bytes.size() > kLongestDatagram) return Result(Outcome::TooLong);
    IOCP_Operation* const acquired = AcquireSendTo(worker);
    if (acquired == nullptr) {
        const int code = NativeCodeOf(Failure::NoBuffers);
        return Result(OutcomeOf(code), 0, code);
    }
    IOCP_Operation& operation = *acquired;
    operation.socket = socket;
    operation.data = const_cast<std::byte*>(bytes.data());  // a SendTo only reads
    operation.size = static_cast<std::uint32_t>(bytes.size());
    operation.Far().endpoint = to;
    static_cast<void>(worker.Io().Submit(operation));  // always finishes at once
    const int code = operation.native_code;
    const Result result = code == 0 ? Result(Outcome::Ok, operation.transferred) : Result(OutcomeOf(code), 0, code);
    worker.Operations().Release(operation);
    return result;
}

Buffer* CopyOf(const Received& datagram) noexcept {
    Buffer* const copy = Buffer::Make(datagram.size());
    if (copy == nullptr) return nullptr;
    std::copy(datagram.begin(), datagram.end(), copy->Bytes());
    copy->size = datagram.size();
    return copy;
}

Endpoint AsNamedBy(const Endpoint& local, const Endpoint& remote) noexcept {
    const bool mapped = local.AddressFamily() == Endpoint::Family::V6 && remote.AddressFamily() == Endpoint::Family::V4;
    return mapped ? MappedToV6(remote) : remote;
}

}  // namespace detail

DatagramSocket::DatagramSocket(detail::Worker& worker, SocketHandle handle)
    : worker_(worker),
      handle_(handle),
      local_(worker.Net().LocalEndpoint(handle)),
      came_(std::make_unique<detail::DatagramBatch>(worker.DatagramBuffers())) {}

DatagramSocket::~DatagramSocket() { worker_.Io().Close(handle_); }

Result DatagramSocket::SendTo(const Endpoint& to, std::span<const std::byte> bytes) noexcept {
    return detail::SendDatagram(worker_, handle_, detail::AsNamedBy(local_, to), bytes);
}

void DatagramSocket::Stop() noexcept {
    stopped_ = true;
    if (receiving_ == nullptr || receiving_->operation_->state != IOCP_Operation::State::Pending) return;
    receiving_->operation_->cancel_requested = true;
    worker_.Io().Cancel(*receiving_->operation_);
}

bool DatagramSocket::Receive(IOCP_Operation& operation) {
    if (came_->Take(operation)) return true;
    operation.buffer = worker_.DatagramBuffers().Acquire();
    if (operation.buffer == nullptr) {
        operation.native_code = detail::NativeCodeOf(detail::Failure::NoBuffers);
        return true;
    }
    operation.socket = handle_;
    operation.data = operation.buffer->Bytes();
    operation.size = static_cast<std::uint32_t>(operation.buffer->Capacity());
    operation.Far().more = came_.get();
    return worker_.Io().Submit(operation) == detail::Submission::Finished;
}

bool DatagramSocket::RecvFromAwaitable::Start(std::coroutine_handle<> coroutine, const detail::Place& place) {
    if (socket_.receiving_ != nullptr) detail::Misuse("two RecvFrom at once on one socket, the second", place);
    if (socket_.stopped_) return false;
    detail::Worker& worker = socket_.worker_;
    waiter_ = coroutine;
    operation_ = &worker.Operations().Acquire(IOCP_Operation::Kind::RecvFrom);
    operation_->owner = this;
    operation_->completed = &OnCompleted;
    socket_.receiving_ = this;
    if (!socket_.Receive(*operation_)) return true;
    if (worker.SpendInline()) return false;
    worker.Defer(*operation_);
    return true;
}

void DatagramSocket::RecvFromAwaitable::OnCompleted(IOCP_Operation& operation) noexcept {
    static_cast<RecvFromAwaitable*>(operation.owner)->waiter_.resume();
}

Datagram DatagramSocket::RecvFromAwaitable::await_resume() noexcept {
    if (operation_ == nullptr) return Datagram(Received(Result(Outcome::Stopped)), {});
    IOCP_Operation& operation = *std::exchange(operation_, nullptr);
    socket_.receiving_ = nullptr;
    detail::Buffer* const buffer = std::exchange(operation.buffer, nullptr);

    Result result(operation.truncated ? Outcome::TooLong : Outcome::Ok, operation.transferred);
    if (operation.native_code != 0) {
        const bool stopped = socket_.stopped_ && detail::IsCancelled(operation.native_code);
        result = stopped ? Result(Outcome::Stopped)
                         : Result(detail::OutcomeOf(operation.native_code), 0, operation.native_code);
    }
    const Endpoint from = operation.Far().endpoint;
    socket_.worker_.Operations().Release(operation);
    return Datagram(Received(result, buffer), from);
}

DatagramSocket::RecvFromAwaitable::~RecvFromAwaitable() {
    if (operation_ == nullptr) return;
    socket_.receiving_ = nullptr;
    socket_.worker_.Abandon(*operation_);  // with its buffer
}

Task<> DatagramProtocol::ProcedureClient(IOCP_Client&) {
    detail::Misuse("a DatagramProtocol was given to a TCP listener");
}

}  // namespace iocp
