// SPDX-License-Identifier: MIT
#include "io_uring_engine.h"

#include "buffer_pool.h"
#include "datagram_batch.h"
#include "io_uring.h"
#include "kernel_calls.h"
#include "kernel_features.h"
#include "ring_entries.h"
#include "socket.h"
#include "socket_calls.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <thread>

namespace iocp::detail {

namespace {

// In place of an operation's address.
constexpr std::uint64_t kWakeUserData = 1;
constexpr std::uint64_t kIgnoredUserData = 2;

// Until the kernel may have memory for submissions again.
constexpr std::chrono::nanoseconds kTryAgainAfter = std::chrono::milliseconds(1);

// The kernel may give the memory of a ring that is gone to the next one, of another thread. That is an order between
// the two that thread sanitizers can't see, as liburing maps memory by system calls of its own; here they see it.
std::atomic<unsigned> rings_gone = 0;

// It does so some time after the ring is gone: until then the memory counts as locked.
constexpr std::chrono::milliseconds kPause(5);
constexpr int kMostTries = 200;

bool IsWorthAnotherTry(const StartError& error) noexcept {
    return error.NativeCode() == ENOMEM && rings_gone.load(std::memory_order_acquire) != 0;
}

// Where datagrams come fast, many in one call cost less than a turn for each.
bool TryRecvFrom(IOCP_Operation& operation) noexcept {
    const bool drained = operation.Far().more != nullptr && operation.Far().more->IsDrained();
    return !drained && ReceiveDatagramsNow(operation);
}

// What needs no ring, or not yet. True: the operation has its result.
bool TryAtOnce(IOCP_Operation& operation) noexcept {
    switch (operation.kind) {
        case IOCP_Operation::Kind::RecvFrom: return TryRecvFrom(operation);
        case IOCP_Operation::Kind::SendFile: return SendFileNow(operation);
        case IOCP_Operation::Kind::SendTo: SendDatagramNow(operation); return true;
        default: return false;
    }
}

}  // namespace

IoUringEngine::IoUringEngine(const Options& options, BufferPool& buffers) : buffers_(buffers) {
    for (int tries = 1;; ++tries) {
        try {
            Open(options);
            return;
        } catch (const StartError& error) {
            if (!IsWorthAnotherTry(error) || tries == kMostTries) throw;
        }
        std::this_thread::sleep_for(kPause);
    }
}

void IoUringEngine::Open(const Options& options) {
    io_uring_params params{};
    params.flags = kernel::kSingleIssuer | kernel::kDeferTaskrun | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    params.cq_entries = options.completion_entries;
    if (const int code = -io_uring_queue_init_params(options.submission_entries, &ring_, &params); code != 0)
        throw StartError("cannot set up io_uring: " + DescribeNativeCode(code), code);
    static_cast<void>(rings_gone.load(std::memory_order_acquire));
    try {
        provided_.emplace(ring_, buffers_, options.provided_buffers);
    } catch (...) {
        CloseRing();
        throw;
    }
}

void IoUringEngine::CloseRing() noexcept {
    rings_gone.fetch_add(1, std::memory_order_release);
    io_uring_queue_exit(&ring_);
}

IoUringEngine::~IoUringEngine() {
    io_uring_submit(&ring_);  // what is to be closed
    for (const Postponed& each : postponed_)
        if (each.what == Postponed::What::Close) CloseSocket(each.socket);
    CloseRing();
}

int IoUringEngine::Attach(SocketHandle, SocketRole) noexcept { return 0; }  // a ring takes any socket

void IoUringEngine::Close(SocketHandle socket) noexcept {
    // Behind whatever was asked for this descriptor, so that its number can't mean another socket before.
    Do({Postponed::What::Close, nullptr, socket});
}

io_uring_sqe* IoUringEngine::FreeEntry() noexcept {
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    if (entry != nullptr) return entry;
    io_uring_submit(&ring_);
    return io_uring_get_sqe(&ring_);
}

Submission IoUringEngine::Submit(IOCP_Operation& operation) noexcept {
    if (TryAtOnce(operation)) return Submission::Finished;
    operation.state = IOCP_Operation::State::Pending;
    Do({Postponed::What::Submit, &operation, kNoSocket});
    return Submission::Pending;
}

// Much, from memory that is still warm; little goes with all else of the turn.
std::ptrdiff_t IoUringEngine::SendAtOnce(SocketHandle socket, std::span<const std::byte> bytes) noexcept {
    if (bytes.size() < IOCP_Operation::kBulk) return 0;
    return SentOrFailure(SendNow(static_cast<int>(socket), bytes.data(), bytes.size()));
}

void IoUringEngine::Cancel(IOCP_Operation& operation) noexcept {
    if (!Forget(operation, Postponed::What::Submit)) return Do({Postponed::What::Cancel, &operation, kNoSocket});
    operation.native_code = ECANCELED;
    operation.transferred = 0;
    ended_unsubmitted_.Push(operation);
}

void IoUringEngine::Do(const Postponed& wanted) noexcept {
    if (!postponed_.empty() || !TryToDo(wanted)) postponed_.push_back(wanted);
}

bool IoUringEngine::TryToDo(const Postponed& wanted) noexcept {
    io_uring_sqe* entry = FreeEntry();
    if (entry == nullptr) return false;
    if (wanted.what == Postponed::What::Submit) {
        Prepare(entry, *wanted.operation);
        return true;
    }
    if (wanted.what == Postponed::What::Cancel)
        io_uring_prep_cancel(entry, wanted.operation, 0);
    else
        io_uring_prep_close(entry, static_cast<int>(wanted.socket));
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(entry, kIgnoredUserData);
    return true;
}

void IoUringEngine::DoPostponed() noexcept {
    while (!postponed_.empty() && TryToDo(postponed_.front())) postponed_.pop_front();
}

bool IoUringEngine::Forget(const IOCP_Operation& operation, Postponed::What what) noexcept {
    return std::erase_if(postponed_,
                         [&](const Postponed& each) { return each.operation == &operation && each.what == what; }) > 0;
}

void IoUringEngine::WatchWake() noexcept {
    if (watching_) return;
    io_uring_sqe* entry = FreeEntry();
    if (entry == nullptr) return;
    io_uring_prep_poll_multishot(entry, wake_.Descriptor(), POLLIN);
    io_uring_sqe_set_data64(entry, kWakeUserData);
    watching_ = true;
}

// Errors need no answer here: what was not submitted stays queued, and the worker waits again.
void IoUringEngine::EnterKernel(std::chrono::nanoseconds timeout) noexcept {
    if (timeout <= std::chrono::nanoseconds::zero()) {  // a wait that is over at once would put the thread to sleep
        io_uring_submit_and_get_events(&ring_);
        return;
    }
    __kernel_timespec limit{};
    if (timeout != kForever) {
        limit.tv_sec = timeout.count() / 1'000'000'000;
        limit.tv_nsec = timeout.count() % 1'000'000'000;
    }
    io_uring_cqe* first = nullptr;
    io_uring_submit_and_wait_timeout(&ring_, &first, 1, timeout == kForever ? nullptr : &limit, nullptr);
}

void IoUringEngine::Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept {
    WatchWake();
    DoPostponed();

    if (!postponed_.empty() || !watching_) timeout = std::min(timeout, kTryAgainAfter);
    if (!ended_unsubmitted_.Empty()) timeout = std::chrono::nanoseconds::zero();
    if (io_uring_cq_ready(&ring_) == 0) EnterKernel(timeout);

    unsigned head;
    unsigned count = 0;
    io_uring_cqe* completion;
    brought_much_ = false;
    io_uring_for_each_cqe(&ring_, head, completion) {
        OnCompletion(*completion, ended);
        ++count;
        if (brought_much_) break;  // to be answered from memory that is still warm
    }
    io_uring_cq_advance(&ring_, count);
    provided_->Refill();

    while (!ended_unsubmitted_.Empty()) {
        IOCP_Operation& operation = ended_unsubmitted_.Pop();
        operation.state = IOCP_Operation::State::Acquired;
        ended.Push(operation);
    }
}

void IoUringEngine::OnCompletion(const io_uring_cqe& completion, OperationQueue& ended) noexcept {
    if (completion.user_data == kIgnoredUserData) return;
    if (completion.user_data == kWakeUserData) {
        wake_.Clear();
        watching_ = (completion.flags & IORING_CQE_F_MORE) != 0;
        return;
    }
    auto& operation = *reinterpret_cast<IOCP_Operation*>(completion.user_data);
    if (!postponed_.empty()) Forget(operation, Postponed::What::Cancel);
    operation.native_code = completion.res < 0 ? -completion.res : 0;
    operation.transferred = completion.res < 0 ? 0 : static_cast<std::uint32_t>(completion.res);
    // A cancel that reaches an operation in a kernel thread interrupts it (io_uring_prep_cancel(3)).
    if (operation.cancel_requested && operation.native_code == EINTR) operation.native_code = ECANCELED;
    if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
        operation.buffer = provided_->Take(completion);
        if (operation.transferred == 0) BufferPool::TakeBackFrom(operation);
    }

    const bool no_buffer = operation.kind == IOCP_Operation::Kind::RecvLent && operation.native_code == ENOBUFS;
    if (no_buffer && !operation.cancel_requested && provided_->Grow()) {  // others took all before their turn ended
        return Do({Postponed::What::Submit, &operation, kNoSocket});
    }
    if (IsWatched(operation) && operation.native_code == 0 && !OnReady(operation)) {
        return Do({Postponed::What::Submit, &operation, kNoSocket});
    }
    if (operation.native_code == 0) TakeSender(operation);
    operation.state = IOCP_Operation::State::Acquired;
    ended.Push(operation);
}

bool IoUringEngine::OnReady(IOCP_Operation& operation) noexcept {
    operation.transferred = 0;
    if (operation.cancel_requested) {  // its socket may be closed by now, and the number another's
        operation.native_code = ECANCELED;
        return true;
    }
    if (operation.kind == IOCP_Operation::Kind::SendFile) return SendFileNow(operation);
    if (operation.kind == IOCP_Operation::Kind::Accept) return AcceptNow(operation);
    brought_much_ = true;
    operation.bulk = false;  // what cannot be fetched now is left to the ring
    return Fetch(operation);
}

bool IoUringEngine::Fetch(IOCP_Operation& operation) noexcept {
    if (operation.kind == IOCP_Operation::Kind::RecvLent && !buffers_.LendTo(operation)) return false;
    const auto received = ReceiveNow(static_cast<int>(operation.socket), operation.data, operation.size);
    const bool fetched = TakeResult(operation, received);
    if (received <= 0) BufferPool::TakeBackFrom(operation);
    return fetched;
}

std::unique_ptr<Engine> MakeIoUringEngine(const Options& options, BufferPool& buffers) {
    return std::make_unique<IoUringEngine>(options, buffers);
}

}  // namespace iocp::detail
