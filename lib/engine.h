// SPDX-License-Identifier: MIT
#pragma once

#include "operation_queue.h"

#include <iocp/operation.h>
#include <iocp/options.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace iocp::detail {

class BufferPool;

enum class SocketRole : std::uint8_t { Listener, Stream, Datagram };

enum class Submission : std::uint8_t { Pending, Finished };

// The one seam between the core and an operating system. Each worker has an engine of its own, made on the worker's
// thread. Every method is called on that thread, except Wake. An engine has no timers, no policy and no limits.
class Engine {
public:
    Engine() noexcept = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // No operation is pending.
    virtual ~Engine() = default;

    [[nodiscard]] virtual std::string_view Name() const noexcept = 0;

    // Ties a socket to this engine: once, before its first Submit here. The native code of a failure, or 0.
    // SendTo needs no tie: a datagram socket that is tied to one engine may send through any.
    [[nodiscard]] virtual int Attach(SocketHandle socket, SocketRole role) noexcept = 0;

    // Unties a socket and closes it. Operations of it that are still pending have been cancelled, and are yielded
    // later.
    virtual void Close(SocketHandle socket) noexcept = 0;

    // Hands an operation to the kernel.
    //   Pending   the operation is the kernel's until Wait yields it, exactly once
    //   Finished  the result is in the operation, and Wait will not yield it
    // It never waits for the network; a SendFile may wait for the disk.
    // Of one socket at most one operation of each direction is pending; of a listener several Accept.
    [[nodiscard]] virtual Submission Submit(IOCP_Operation& operation) noexcept = 0;

    // Sends what goes at once of `bytes` over a stream of which no Send is pending, without an operation.
    //   above 0  so many bytes went
    //   below 0  it failed, by this native code, negative
    //   0        the network takes none just now, or a Submit is the better way
    [[nodiscard]] virtual std::ptrdiff_t SendAtOnce(SocketHandle, std::span<const std::byte>) noexcept { return 0; }

    // Asks for a pending operation to end early. It is still yielded: as cancelled (see IsCancelled), or as it ended
    // before the request came.
    virtual void Cancel(IOCP_Operation& operation) noexcept = 0;

    // From any thread: makes a Wait under way, or else the next one, return soon.
    virtual void Wake() noexcept = 0;

    // Waits until an operation has ended, Wake was called, or `timeout` has passed (which may be zero, or kForever),
    // and appends the ended operations to `ended`, no longer pending. It may return early now and then.
    virtual void Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept = 0;

    // Lets go of memory that is kept ready for more clients than there are. What is pending goes on.
    virtual void DropSpares() noexcept {}

    static constexpr std::chrono::nanoseconds kForever = std::chrono::nanoseconds::max();
};

// How many accepts a listener keeps pending.
struct AcceptDepth {
    unsigned least;
    unsigned most;
};

// What this platform chooses for a request, with the reason where it is not the first choice.
struct EngineChoice {
    EngineKind kind;
    std::string report;
    AcceptDepth accepts;
    std::optional<EngineKind> otherwise{};  // what to take where not every worker can have one of this kind
};

// Tries the engines of this platform. Throws StartError where one that is asked for by name is refused.
[[nodiscard]] EngineChoice ChooseEngine(EngineKind asked, const Options& options);

// Makes an engine of a kind that ChooseEngine returned; on the thread that will use it. Throws StartError.
[[nodiscard]] std::unique_ptr<Engine> MakeEngine(EngineKind kind, const Options& options, BufferPool& buffers);

}  // namespace iocp::detail
