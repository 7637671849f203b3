// SPDX-License-Identifier: MIT
#include "simulated_socket.h"

#include "buffer_pool.h"
#include "file_access.h"
#include "simulated_engine.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace iocp::detail {

namespace {

using Kind = IOCP_Operation::Kind;

bool Fail(IOCP_Operation& operation, Failure failure) noexcept {
    operation.native_code = NativeCodeOf(failure);
    operation.transferred = 0;
    return true;
}

bool Succeed(IOCP_Operation& operation, std::size_t transferred = 0) noexcept {
    operation.native_code = 0;
    operation.transferred = static_cast<std::uint32_t>(transferred);
    return true;
}

}  // namespace

SimulatedSocket::SimulatedSocket(SimulatedNetwork& network, std::shared_ptr<Stream> stream)
    : network_(network),
      transport_(Transport::Tcp),
      local_(stream->Address(Side::Server)),
      stream_(std::move(stream)),
      side_(Side::Server) {
    stream_->Use(side_, this);
}

bool SimulatedSocket::Start(IOCP_Operation& operation) {
    if (operation.kind == Kind::SendTo) {
        SendTo(operation);
        return true;
    }
    OperationQueue& waiting = QueueOf(operation);
    if (waiting.Empty() && Try(operation)) return true;
    waiting.Push(operation);
    return false;
}

bool SimulatedSocket::Forget(IOCP_Operation& operation) noexcept { return QueueOf(operation).Remove(operation); }

void SimulatedSocket::ShutdownSend() {
    if (stream_) stream_->ShutdownSend(side_);
}

void SimulatedSocket::Reset() {
    if (stream_) stream_->Reset(side_);
}

void SimulatedSocket::Close() {
    if (stream_) stream_->Close(side_);
    for (const auto& each : waiting_) each->Reset(Side::Server);
    waiting_.clear();
}

bool SimulatedSocket::LetIn(std::shared_ptr<Stream> stream) {
    if (waiting_.size() == most_waiting_) return false;
    waiting_.push_back(std::move(stream));
    Retry(in_);
    return true;
}

void SimulatedSocket::OnStreamChanged() {
    Retry(in_);
    Retry(out_);
}

void SimulatedSocket::OnOpened(std::shared_ptr<Stream> stream) {
    refused_ = stream == nullptr;
    stream_ = std::move(stream);
    if (stream_) stream_->Use(side_, this);
    Retry(out_);
}

void SimulatedSocket::OnDatagram(const Endpoint& from, const Endpoint& to, std::string bytes) {
    if (to != local_) known_as_.insert_or_assign(from, to);
    if (datagrams_.size() == kMostDatagrams) return;
    datagrams_.emplace_back(from, std::move(bytes));
    Retry(in_);
}

OperationQueue& SimulatedSocket::QueueOf(const IOCP_Operation& operation) noexcept {
    const bool out =
        operation.kind == Kind::Send || operation.kind == Kind::SendFile || operation.kind == Kind::Connect;
    return out ? out_ : in_;
}

void SimulatedSocket::Retry(OperationQueue& waiting) {
    OperationQueue retrying = std::exchange(waiting, {});
    while (!retrying.Empty()) {
        IOCP_Operation& operation = retrying.Pop();
        if (waiting.Empty() && Try(operation))
            engine_->End(operation);
        else
            waiting.Push(operation);
    }
}

bool SimulatedSocket::Try(IOCP_Operation& operation) {
    switch (operation.kind) {
        case Kind::Accept: return TryAccept(operation);
        case Kind::Connect: return TryConnect(operation);
        case Kind::Recv: return TryRecv(operation);
        case Kind::RecvLent: return TryRecvLent(operation);
        case Kind::RecvFrom: return TryRecvFrom(operation);
        case Kind::Send: return TrySend(operation);
        case Kind::SendFile: return TrySendFile(operation);
        case Kind::SendTo: break;  // never gets here
    }
    return true;
}

bool SimulatedSocket::TryAccept(IOCP_Operation& operation) {
    if (waiting_.empty()) return false;
    operation.Far().endpoint = waiting_.front()->Address(Side::Client);
    operation.Far().accepted = network_.AddAccepted(std::move(waiting_.front()));
    waiting_.pop_front();
    return Succeed(operation);
}

bool SimulatedSocket::TryConnect(IOCP_Operation& operation) {
    if (refused_) return Fail(operation, Failure::Refused);
    if (stream_) return Succeed(operation);
    if (!std::exchange(dialled_, true)) network_.Dial(local_, operation.Far().endpoint, weak_from_this());
    return false;
}

bool SimulatedSocket::TryRecv(IOCP_Operation& operation) {
    if (stream_->IsBroken(side_)) return Fail(operation, Failure::Reset);
    if (stream_->Readable(side_) == 0) return stream_->HasEnded(side_) && Succeed(operation);
    const std::size_t size = std::min<std::size_t>(operation.size, stream_->Readable(side_));
    return Succeed(operation, stream_->Read(side_, {operation.data, network_.PieceOf(size)}));
}

bool SimulatedSocket::TryRecvLent(IOCP_Operation& operation) {
    if (stream_->Readable(side_) == 0) return TryRecv(operation);
    if (!engine_->Buffers().LendTo(operation)) return Fail(operation, Failure::NoBuffers);
    return TryRecv(operation);
}

bool SimulatedSocket::TryRecvFrom(IOCP_Operation& operation) {
    if (datagrams_.empty()) return false;
    const auto [from, bytes] = std::move(datagrams_.front());
    datagrams_.pop_front();
    const std::size_t fits = std::min<std::size_t>(operation.size, bytes.size());
    if (fits > 0) std::memcpy(operation.data, bytes.data(), fits);
    operation.truncated = fits < bytes.size();
    operation.Far().endpoint = from;
    return Succeed(operation, fits);
}

bool SimulatedSocket::TrySend(IOCP_Operation& operation) {
    if (stream_->IsBroken(side_)) return Fail(operation, Failure::Reset);
    if (operation.size == 0) return Succeed(operation);
    const std::size_t taken = stream_->Write(side_, {operation.data, network_.PieceOf(operation.size)});
    return taken > 0 && Succeed(operation, taken);
}

bool SimulatedSocket::TrySendFile(IOCP_Operation& operation) {
    constexpr std::size_t kMostRead = 64 << 10;
    if (stream_->IsBroken(side_)) return Fail(operation, Failure::Reset);
    std::vector<std::byte> bytes(network_.PieceOf(std::min<std::size_t>(operation.size, kMostRead)));
    const FileBytes read = ReadFromFile(*operation.part, bytes);
    operation.native_code = read.native_code;
    operation.transferred = 0;
    if (read.size == 0) return true;
    const std::size_t taken = stream_->Write(side_, {bytes.data(), read.size});
    return taken > 0 && Succeed(operation, taken);
}

void SimulatedSocket::SendTo(IOCP_Operation& operation) {
    constexpr std::size_t kLongest = 65'507;  // over IPv4 (RFC 768, RFC 791)
    if (operation.size > kLongest) {
        Fail(operation, Failure::TooLong);
        return;
    }
    const Endpoint to = Unmapped(operation.Far().endpoint);
    const auto known = known_as_.find(to);
    network_.Send(known != known_as_.end() ? known->second : local_, to,
                  std::string(reinterpret_cast<const char*>(operation.data), operation.size));
    Succeed(operation, operation.size);
}

}  // namespace iocp::detail
