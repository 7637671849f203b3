// SPDX-License-Identifier: MIT
#include "epoll_engine.h"

#include "buffer_pool.h"
#include "datagram_batch.h"
#include "kernel_calls.h"
#include "socket.h"
#include "socket_calls.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <new>
#include <utility>

namespace iocp::detail {

namespace {

constexpr std::uint64_t kWakeTag = ~std::uint64_t{0};

std::uint64_t TagOf(SocketHandle socket, std::uint32_t generation) noexcept {
    return (std::uint64_t{generation} << 32) | socket;
}

int Descriptor(const IOCP_Operation& operation) noexcept { return static_cast<int>(operation.socket); }

int MillisecondsFrom(std::chrono::nanoseconds timeout) noexcept {
    if (timeout == Engine::kForever) return -1;
    const auto up = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    return static_cast<int>(std::min<std::int64_t>(up, INT_MAX));
}

}  // namespace

EpollEngine::EpollEngine(BufferPool& buffers) : buffers_(buffers), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kWakeTag;
    if (epoll_ >= 0 && epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_.Descriptor(), &event) == 0) return;
    const int code = errno;
    if (epoll_ >= 0) close(epoll_);
    throw StartError("cannot make an epoll instance: " + DescribeNativeCode(code), code);
}

EpollEngine::~EpollEngine() { close(epoll_); }

bool EpollEngine::MakeRoomFor(SocketHandle socket) noexcept {
    try {
        if (socket >= sockets_.size()) sockets_.resize(socket + 1);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

int EpollEngine::Attach(SocketHandle socket, SocketRole role) noexcept {
    if (!MakeRoomFor(socket)) return ENOMEM;
    SocketState& state = StateOf(socket);
    state.ready = {true, true};
    state.peer_ended = false;

    const int descriptor = static_cast<int>(socket);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    // A datagram socket becomes writable again with every datagram that leaves it: nobody waits for that.
    if (role == SocketRole::Stream) event.events |= EPOLLOUT | EPOLLRDHUP;
    if (++last_generation_ == kClosed) ++last_generation_;
    event.data.u64 = TagOf(socket, last_generation_);
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) return errno;
    state.generation = last_generation_;
    return 0;
}

void EpollEngine::Close(SocketHandle socket) noexcept {
    CloseSocket(socket);
    if (socket < sockets_.size()) StateOf(socket).generation = kClosed;
    DropRoom();
}

void EpollEngine::DropRoom() noexcept {
    const auto is_used = [](const SocketState& state) {
        return state.generation != kClosed || !state.waiting[kIn].Empty() || !state.waiting[kOut].Empty();
    };
    while (!sockets_.empty() && !is_used(sockets_.back())) sockets_.pop_back();
    if (sockets_.capacity() > 4 * sockets_.size() + kFewSockets) sockets_.shrink_to_fit();
}

EpollEngine::Direction EpollEngine::DirectionOf(IOCP_Operation::Kind kind) noexcept {
    switch (kind) {
        case IOCP_Operation::Kind::Connect:
        case IOCP_Operation::Kind::Send:
        case IOCP_Operation::Kind::SendFile: return kOut;
        default: return kIn;
    }
}

Submission EpollEngine::Submit(IOCP_Operation& operation) noexcept {
    if (operation.kind == IOCP_Operation::Kind::SendTo) {
        SendDatagramNow(operation);
        return Submission::Finished;
    }
    SocketState& state = StateOf(operation.socket);
    const Direction direction = DirectionOf(operation.kind);
    OperationQueue& waiting = state.waiting[direction];
    if (state.ready[direction] && waiting.Empty() && Try(operation, state)) return Submission::Finished;
    operation.state = IOCP_Operation::State::Pending;
    waiting.Push(operation);
    return Submission::Pending;
}

std::ptrdiff_t EpollEngine::SendAtOnce(SocketHandle socket, std::span<const std::byte> bytes) noexcept {
    bool& ready = StateOf(socket).ready[kOut];
    if (!ready) return 0;
    const auto sent = SendNow(static_cast<int>(socket), bytes.data(), bytes.size());
    if (sent < 0) ready = errno != EAGAIN;
    return SentOrFailure(sent);
}

void EpollEngine::Cancel(IOCP_Operation& operation) noexcept {
    if (operation.socket >= sockets_.size()) return;  // it has ended already: as where it is in no queue
    if (!StateOf(operation.socket).waiting[DirectionOf(operation.kind)].Remove(operation)) return;
    operation.native_code = ECANCELED;
    operation.transferred = 0;
    cancelled_.Push(operation);
}

void EpollEngine::Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept {
    if (unseen_.empty()) FetchEvents(timeout);
    // What was received is answered from memory that is still warm.
    brought_much_ = false;
    for (std::size_t seen = 0; seen < kEventsAtATime && !unseen_.empty() && !brought_much_; ++seen) {
        OnEvent(unseen_.front(), ended);
        unseen_ = unseen_.subspan(1);
    }

    while (!cancelled_.Empty()) {
        IOCP_Operation& operation = cancelled_.Pop();
        operation.state = IOCP_Operation::State::Acquired;
        ended.Push(operation);
    }
}

void EpollEngine::FetchEvents(std::chrono::nanoseconds timeout) noexcept {
    const int limit = cancelled_.Empty() ? MillisecondsFrom(timeout) : 0;
    const int count = WaitForEvents(epoll_, events_, limit);
    unseen_ = std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
}

void EpollEngine::OnEvent(const epoll_event& event, OperationQueue& ended) noexcept {
    const std::uint64_t tag = event.data.u64;
    if (tag == kWakeTag) return wake_.Clear();
    const SocketHandle socket = tag & 0xffffffffu;
    if (socket >= sockets_.size() || TagOf(socket, StateOf(socket).generation) != tag) return;  // it is closed by now
    SocketState& state = StateOf(socket);
    constexpr std::uint32_t kEnd = EPOLLHUP | EPOLLERR;
    if ((event.events & (EPOLLRDHUP | kEnd)) != 0) state.peer_ended = true;
    if ((event.events & (EPOLLIN | EPOLLRDHUP | kEnd)) != 0) OnReady(kIn, state, ended);
    if ((event.events & (EPOLLOUT | kEnd)) != 0) OnReady(kOut, state, ended);
}

void EpollEngine::OnReady(Direction direction, SocketState& state, OperationQueue& ended) noexcept {
    state.ready[direction] = true;
    if (!state.waiting[direction].Empty()) RetryAll(direction, state, ended);
}

void EpollEngine::RetryAll(Direction direction, SocketState& state, OperationQueue& ended) noexcept {
    OperationQueue& waiting = state.waiting[direction];
    do {
        if (!Try(waiting.First(), state)) return;
        IOCP_Operation& operation = waiting.Pop();
        operation.state = IOCP_Operation::State::Acquired;
        ended.Push(operation);
    } while (!waiting.Empty() && state.ready[direction]);
}

bool EpollEngine::Try(IOCP_Operation& operation, SocketState& state) noexcept {
    switch (operation.kind) {
        case IOCP_Operation::Kind::Accept: return TryAccept(operation, state);
        case IOCP_Operation::Kind::Connect: return ConnectNow(operation);
        case IOCP_Operation::Kind::Recv:
        case IOCP_Operation::Kind::RecvLent: return TryRecv(operation, state);
        case IOCP_Operation::Kind::RecvFrom: return TryRecvFrom(operation, state);
        case IOCP_Operation::Kind::Send: return TrySend(operation, state);
        case IOCP_Operation::Kind::SendFile: return TrySendFile(operation, state);
        case IOCP_Operation::Kind::SendTo: break;
    }
    return true;
}

bool EpollEngine::TryAccept(IOCP_Operation& operation, SocketState& state) noexcept {
    const bool accepted = AcceptNow(operation);
    state.ready[kIn] = accepted;
    return accepted;
}

bool EpollEngine::TryRecv(IOCP_Operation& operation, SocketState& state) noexcept {
    if (operation.kind == IOCP_Operation::Kind::RecvLent && !buffers_.LendTo(operation))
        return TryWithoutBuffer(operation, state);
    const auto received =
        Uninterrupted([&] { return ReceiveNow(Descriptor(operation), operation.data, operation.size); });
    if (received >= static_cast<ssize_t>(IOCP_Operation::kBulk)) brought_much_ = true;
    // A short read has drained the socket; the next byte brings another edge, but the end of the stream had its own.
    state.ready[kIn] = state.peer_ended || received == static_cast<ssize_t>(operation.size);
    const bool ended = TakeResult(operation, received);
    if (received <= 0) BufferPool::TakeBackFrom(operation);
    return ended;
}

// Ends as full only where bytes are there that a buffer would be needed for.
bool EpollEngine::TryWithoutBuffer(IOCP_Operation& operation, SocketState& state) noexcept {
    std::byte first;
    const auto seen =
        Uninterrupted([&] { return recv(Descriptor(operation), &first, sizeof first, MSG_DONTWAIT | MSG_PEEK); });
    state.ready[kIn] = state.peer_ended || seen > 0;
    if (!TakeResult(operation, seen)) return false;
    if (operation.transferred > 0) operation.native_code = ENOBUFS;
    operation.transferred = 0;
    return true;
}

bool EpollEngine::TryRecvFrom(IOCP_Operation& operation, SocketState& state) noexcept {
    const bool received = ReceiveDatagramsNow(operation);
    const bool drained = !received || (operation.Far().more != nullptr && operation.Far().more->IsDrained());
    state.ready[kIn] = !drained;
    return received;
}

bool EpollEngine::TrySend(IOCP_Operation& operation, SocketState& state) noexcept {
    const auto sent = Uninterrupted([&] { return SendNow(Descriptor(operation), operation.data, operation.size); });
    const bool full = sent < 0 && errno == EAGAIN;
    state.ready[kOut] = !full;
    return TakeResult(operation, sent);
}

bool EpollEngine::TrySendFile(IOCP_Operation& operation, SocketState& state) noexcept {
    const bool sent = SendFileNow(operation);
    state.ready[kOut] = sent;
    return sent;
}

}  // namespace iocp::detail
