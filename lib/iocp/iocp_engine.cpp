// SPDX-License-Identifier: MIT
#include "iocp_engine.h"

#include "accept_connect.h"
#include "buffer_pool.h"
#include "nt_status.h"
#include "send_file.h"
#include "socket.h"
#include "socket_address.h"
#include "socket_calls.h"

#include <algorithm>
#include <array>
#include <climits>
#include <new>

namespace iocp::detail {

namespace {

using Kind = IOCP_Operation::Kind;

// A pending send locks its memory; sends of hundreds of megabytes fail with WSAENOBUFS instead.
constexpr std::uint32_t kMostSentAtOnce = 1 << 20;

static_assert(sizeof(OVERLAPPED) <= sizeof(IOCP_Operation::kernel));
static_assert(alignof(OVERLAPPED) <= alignof(IOCP_Operation));

// What the system reads and writes of a RecvFrom.
struct DatagramPart {
    sockaddr_storage from;
    INT size;
    DWORD flags;
};
static_assert(sizeof(DatagramPart) <= sizeof(IOCP_Operation::FarEnd::kernel));

OVERLAPPED* OverlappedOf(IOCP_Operation& operation) noexcept {
    return std::launder(reinterpret_cast<OVERLAPPED*>(operation.kernel));
}

IOCP_Operation& OperationOf(OVERLAPPED* overlapped) noexcept { return *reinterpret_cast<IOCP_Operation*>(overlapped); }

// A peer who was answered just now has not asked again yet; when others have had their turn, the bytes may be there,
// and a receive that ends at once costs the least.
bool MayBePutOff(const IOCP_Operation& operation) noexcept {
    return (operation.kind == Kind::Recv || operation.kind == Kind::RecvLent) && !operation.bulk;
}

HANDLE HandleOf(SocketHandle socket) noexcept { return reinterpret_cast<HANDLE>(socket); }

Answer StartRecvFrom(IOCP_Operation& operation) noexcept {
    WSABUF memory{operation.size, reinterpret_cast<char*>(operation.data)};
    auto& part = *::new (operation.Far().kernel) DatagramPart{};
    part.size = sizeof part.from;
    return {
        CodeOf(WSARecvFrom(operation.socket, &memory, 1, nullptr, &part.flags, reinterpret_cast<sockaddr*>(&part.from),
                           &part.size, NewOverlapped(operation), nullptr))};
}

Answer StartSend(IOCP_Operation& operation) noexcept {
    WSABUF memory{std::min(operation.size, kMostSentAtOnce), reinterpret_cast<char*>(operation.data)};
    DWORD bytes = 0;
    const int returned = WSASend(operation.socket, &memory, 1, &bytes, 0, NewOverlapped(operation), nullptr);
    return {CodeOf(returned), bytes};
}

bool FinishRecvFrom(IOCP_Operation& operation) noexcept {
    // An ICMP message about some datagram that was sent earlier is no end of receiving.
    if (operation.native_code == WSAECONNRESET || operation.native_code == WSAENETRESET) return false;
    operation.truncated = operation.native_code == WSAEMSGSIZE;
    if (operation.truncated) operation.native_code = 0;
    if (operation.native_code == 0)
        operation.Far().endpoint = FromSystem(reinterpret_cast<const DatagramPart*>(operation.Far().kernel)->from);
    return true;
}

// Rounded up: a timer must not be found not due. INFINITE is the greatest value.
DWORD MillisecondsFrom(std::chrono::nanoseconds timeout) noexcept {
    if (timeout == Engine::kForever) return INFINITE;
    const auto up = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    return static_cast<DWORD>(std::min<std::int64_t>(up, INFINITE - 1));
}

constexpr int kMostCancels = 100;

}  // namespace

IocpEngine::IocpEngine(const Options& options, BufferPool& buffers)
    : buffers_(buffers),
      extensions_(LoadWinsockExtensions()),
      eager_(options.provided_buffers),
      port_(CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1)) {
    if (port_ != nullptr) return;
    const int code = static_cast<int>(GetLastError());
    throw StartError("cannot make an I/O completion port: " + DescribeNativeCode(code), code);
}

IocpEngine::~IocpEngine() { CloseHandle(port_); }

int IocpEngine::Attach(SocketHandle socket, SocketRole role) noexcept {
    if (const int code = MakeNonBlocking(socket); code != 0) return code;
    if (CreateIoCompletionPort(HandleOf(socket), port_, 0, 0) == nullptr) return static_cast<int>(GetLastError());
    if (role == SocketRole::Datagram || !extensions_.has_system_handles) return 0;
    constexpr UCHAR kModes = FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE;
    return SetFileCompletionNotificationModes(HandleOf(socket), kModes) ? 0 : static_cast<int>(GetLastError());
}

void IocpEngine::Close(SocketHandle socket) noexcept {
    // closesocket alone may leave what is pending until the peer has taken all that was sent.
    CancelIoEx(HandleOf(socket), nullptr);
    CloseSocket(socket);
}

Submission IocpEngine::Submit(IOCP_Operation& operation) noexcept {
    if (operation.kind == Kind::SendTo) {
        SendDatagramNow(operation);
        return Submission::Finished;
    }
    if (operation.kind == Kind::SendFile && !LimitToFile(operation)) return Submission::Finished;
    if (MayBePutOff(operation)) {
        NewOverlapped(operation);  // as ended, for Cancel
        operation.state = IOCP_Operation::State::Pending;
        put_off_.Push(operation);
        return Submission::Pending;
    }
    return StartNow(operation);
}

Submission IocpEngine::StartNow(IOCP_Operation& operation) noexcept {
    Answer answer;
    do {
        answer = Start(operation);
        if (PacketFollows(operation, answer.code)) {
            operation.state = IOCP_Operation::State::Pending;
            if (operation.eager) eager_.Add(operation);
            return Submission::Pending;
        }
    } while (!Finish(operation, answer));
    return Submission::Finished;
}

bool IocpEngine::PacketFollows(const IOCP_Operation& operation, int code) const noexcept {
    if (code == WSA_IO_PENDING) return true;
    if (extensions_.has_system_handles && operation.kind != Kind::RecvFrom) return false;
    // WSAEMSGSIZE is a success with a warning: the datagram was received as far as there was room.
    return code == 0 || code == WSAEMSGSIZE;
}

Answer IocpEngine::Start(IOCP_Operation& operation) noexcept {
    switch (operation.kind) {
        case Kind::Accept: return StartAccept(operation, extensions_);
        case Kind::Connect: return StartConnect(operation, extensions_.connect_ex);
        case Kind::Recv:
        case Kind::RecvLent: return StartRecv(operation);
        case Kind::RecvFrom: return StartRecvFrom(operation);
        case Kind::Send: return StartSend(operation);
        case Kind::SendFile: return StartSendFile(operation, extensions_.transmit_file);
        case Kind::SendTo: break;  // never gets here
    }
    return {};
}

void IocpEngine::Cancel(IOCP_Operation& operation) noexcept {
    OVERLAPPED* const overlapped = OverlappedOf(operation);
    // Fails where it has ended already; then its packet is on its way. Wine fails too while it sends a part of a file,
    // after which the rest is pending again.
    for (int tries = 0; tries < kMostCancels; ++tries) {
        if (CancelIoEx(HandleOf(operation.socket), overlapped) || HasOverlappedIoCompleted(overlapped)) return;
        SwitchToThread();
    }
}

void IocpEngine::Wake() noexcept {
    if (woken_.exchange(true)) return;
    if (!PostQueuedCompletionStatus(port_, 0, 0, nullptr)) woken_.store(false);  // out of memory: the next may succeed
}

void IocpEngine::Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept {
    if (StartPutOff(ended)) timeout = std::chrono::nanoseconds::zero();
    std::array<OVERLAPPED_ENTRY, kMostPackets> packets;
    ULONG count = 0;
    const DWORD limit = MillisecondsFrom(eager_.Limit(timeout));
    if (!GetQueuedCompletionStatusEx(port_, packets.data(), kMostPackets, &count, limit, FALSE)) count = 0;
    for (ULONG i = 0; i < count; ++i) {
        OVERLAPPED* overlapped = packets[i].lpOverlapped;
        if (overlapped == nullptr) {
            woken_.store(false);
            continue;
        }
        IOCP_Operation& operation = OperationOf(overlapped);
        operation.state = IOCP_Operation::State::Acquired;
        if (operation.eager) eager_.Remove(operation);
        const Answer answer{NativeCodeOf(static_cast<std::uint32_t>(overlapped->Internal)),
                            packets[i].dwNumberOfBytesTransferred};
        if (Finish(operation, answer) || StartNow(operation) == Submission::Finished) ended.Push(operation);
    }
    eager_.CancelSilent();
}

bool IocpEngine::StartPutOff(OperationQueue& ended) noexcept {
    bool any_ended = false;
    while (!put_off_.Empty()) {
        IOCP_Operation& operation = put_off_.Pop();
        operation.state = IOCP_Operation::State::Acquired;
        // The socket of a cancelled one may be closed.
        const bool has_ended = operation.cancel_requested ? Finish(operation, {WSA_OPERATION_ABORTED})
                                                          : StartNow(operation) == Submission::Finished;
        if (has_ended) ended.Push(operation);
        any_ended = any_ended || has_ended;
    }
    return any_ended;
}

bool IocpEngine::Finish(IOCP_Operation& operation, Answer answer) noexcept {
    operation.native_code = answer.code;
    operation.transferred = answer.bytes;
    // The socket of a cancelled operation may be closed by now, and its number another's: nothing more is done with it.
    const bool sends = operation.kind == Kind::Send || operation.kind == Kind::SendFile;
    const bool needs_socket = !sends && operation.kind != Kind::RecvFrom && !operation.eager;
    if (operation.cancel_requested && (answer.code != 0 || needs_socket)) operation.native_code = WSA_OPERATION_ABORTED;

    switch (operation.kind) {
        case Kind::Accept: FinishAccept(operation, extensions_); break;
        case Kind::Connect: FinishConnect(operation); break;
        case Kind::Recv:
        case Kind::RecvLent: return FinishRecv(operation);
        case Kind::RecvFrom: return FinishRecvFrom(operation);
        case Kind::SendFile: FinishSendFile(operation); break;
        case Kind::Send:
        case Kind::SendTo: break;
    }
    return true;
}

Answer IocpEngine::StartRecv(IOCP_Operation& operation) noexcept {
    operation.eager = operation.eager && eager_.HasRoom() && TakeMemory(operation);
    WSABUF memory{};
    if (operation.eager) memory = {operation.size, reinterpret_cast<char*>(operation.data)};
    DWORD flags = 0;
    DWORD bytes = 0;
    const int returned = WSARecv(operation.socket, &memory, 1, &bytes, &flags, NewOverlapped(operation), nullptr);
    return {CodeOf(returned), bytes};
}

bool IocpEngine::FinishRecv(IOCP_Operation& operation) noexcept {
    // Who has been silent goes on waiting, without memory.
    bool again = operation.eager && operation.native_code == WSA_OPERATION_ABORTED && !operation.cancel_requested;
    if (operation.native_code == 0 && !operation.eager) again = !FetchBytes(operation);
    if (operation.native_code != 0) operation.transferred = 0;
    if (operation.transferred == 0) BufferPool::TakeBackFrom(operation);
    operation.eager = false;
    return !again;
}

bool IocpEngine::FetchBytes(IOCP_Operation& operation) noexcept {
    if (!TakeMemory(operation)) {
        operation.native_code = WSAENOBUFS;
        return true;
    }
    const int size = static_cast<int>(std::min<std::uint32_t>(operation.size, INT_MAX));
    const int received = recv(operation.socket, reinterpret_cast<char*>(operation.data), size, 0);
    operation.native_code = received < 0 ? WSAGetLastError() : 0;
    operation.transferred = received < 0 ? 0 : static_cast<std::uint32_t>(received);
    return operation.native_code != WSAEWOULDBLOCK;
}

bool IocpEngine::TakeMemory(IOCP_Operation& operation) noexcept {
    return operation.kind == Kind::Recv || buffers_.LendTo(operation);
}

}  // namespace iocp::detail
