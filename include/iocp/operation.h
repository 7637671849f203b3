// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/endpoint.h>
#include <iocp/file_part.h>
#include <iocp/result.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace iocp {

// The system's handle of a socket: a SOCKET on Windows, a file descriptor elsewhere.
using SocketHandle = std::uintptr_t;
inline constexpr SocketHandle kNoSocket = ~SocketHandle{0};

namespace detail {
class Buffer;
class DatagramBatch;
}  // namespace detail

}  // namespace iocp

// One request to the kernel: a pooled frame whose first part is the kernel's own (the OVERLAPPED on Windows).
//
// Owned by an IOCP_OperationManager for ever. Between being handed to an engine and its completion the kernel may write
// to it, and nobody touches, moves or reuses it; it outlives the coroutine that awaited it until the kernel has let go.
// Thread rule: used only on the worker whose manager owns it. Handlers never meet an operation; the type is public for
// those who write engines.
class IOCP_Operation {
public:
    enum class Kind : std::uint8_t {
        Accept,    // one connection of a listening socket: `Far().accepted` and `Far().endpoint`
        Connect,   // connects `socket` to `Far().endpoint`
        Recv,      // fills `data` with what has arrived, at least a byte; 0 transferred is the end of the stream
        RecvLent,  // the same without `data`: into a buffer that the engine takes from the worker's pool
        RecvFrom,  // one datagram into `data`, its sender into `Far().endpoint`
        Send,      // some or all bytes of `data`
        SendFile,  // some or all bytes of `part`; 0 transferred tells that the file has no more
        SendTo,    // `data` as one datagram to `Far().endpoint`; always finishes at once
    };

    enum class State : std::uint8_t {
        Free,      // in its manager
        Acquired,  // leased, not with a kernel
        Pending,   // the kernel's, until the engine yields it
    };

    // What only operations that name another end carry; kept with the frame when it is reused.
    struct FarEnd {
        iocp::Endpoint endpoint;
        iocp::SocketHandle accepted = iocp::kNoSocket;  // Accept: to be taken over by whoever asked

        // RecvFrom: where an engine may put what else is there when the datagram comes. Null: nowhere.
        iocp::detail::DatagramBatch* more = nullptr;

        alignas(16) std::byte kernel[176];  // address and message structures in the system's own layout
    };

    // From so many bytes on, moving them costs more than a system call of their own.
    static constexpr std::uint32_t kBulk = 4096;

    using Completed = void (*)(IOCP_Operation& operation) noexcept;

    IOCP_Operation() noexcept = default;
    IOCP_Operation(const IOCP_Operation&) = delete;
    IOCP_Operation& operator=(const IOCP_Operation&) = delete;
    ~IOCP_Operation();

    // Only of Accept, Connect, RecvFrom and SendTo.
    [[nodiscard]] FarEnd& Far() noexcept { return *far_; }

    // The kernel's part. First, so that its address is the operation's.
    alignas(16) std::byte kernel[32] = {};

    // What is asked for. `size` bytes at `data`, or of a file's `part`; these must stay until completion.
    iocp::SocketHandle socket = iocp::kNoSocket;
    union {
        std::byte* data = nullptr;
        const iocp::detail::FilePart* part;  // SendFile
    };
    std::uint32_t size = 0;

    // What came of it. `native_code` is 0 for success; a receive that failed has transferred nothing.
    std::uint32_t transferred = 0;
    int native_code = 0;
    Kind kind = Kind::Recv;
    State state = State::Free;
    bool truncated = false;         // RecvFrom: the datagram was longer than `size`
    bool cancel_requested = false;  // set by whoever cancels, before the engine is asked
    bool eager = false;       // Recv, RecvLent: bytes are expected soon, so the engine may keep memory for them ready
    bool bulk = false;        // Recv, RecvLent: kBulk or more are expected
    std::uint32_t place = 0;  // for the engine, while pending
    iocp::detail::Buffer* buffer = nullptr;  // RecvLent: the buffer lent, to be given back by whoever takes it

    // Who is told, on the worker that owns the operation. `owner` is for the callee.
    Completed completed = nullptr;
    void* owner = nullptr;

    // Links of whatever list the operation is in: free, waiting to be submitted, or ready.
    IOCP_Operation* next = nullptr;

private:
    friend class IOCP_OperationManager;

    std::unique_ptr<FarEnd> far_;
};
