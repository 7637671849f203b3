// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/awaitable.h>
#include <iocp/frame_parser.h>
#include <iocp/received.h>
#include <iocp/result.h>
#include <iocp/wait.h>

#include <coroutine>
#include <cstddef>
#include <span>
#include <utility>

class IOCP_Operation;

namespace iocp {

namespace detail {

class Connection;

// A wait on a connection. Destroying it while it waits gives its operation up to the kernel, and returns only when the
// kernel no longer needs memory of the caller's.
class ConnectionWait : public Wait {
public:
    void EndAs(Outcome why) noexcept final;

    Connection* const connection;
    IOCP_Operation* operation = nullptr;

protected:
    ConnectionWait(Connection* on, Deadline at_most, Fire when_due, bool sends) noexcept
        : Wait(at_most, when_due, sends), connection(on) {}
    ~ConnectionWait() = default;
};

// For a frame, and where it was found.
struct FrameSearch {
    FrameParser parser;
    const std::byte* frame = nullptr;
};

class RecvWait : public ConnectionWait {
public:
    using Memory = std::span<std::byte>;

    RecvWait(Connection* on, Memory into, Deadline at_most) noexcept;
    ~RecvWait();

    bool Start(std::coroutine_handle<> coroutine, Scope* of);

    // Where the frame is not whole yet, goes on waiting instead.
    void Resume() final;

    Memory memory;  // empty: lend a buffer
    Buffer* buffer = nullptr;
    FrameSearch* search = nullptr;  // null: whatever comes is enough
};

// Recv().
class LendingRecvWait final : public RecvWait {
public:
    using Request = Connection*;

    LendingRecvWait(Request asked, Deadline at_most) noexcept : RecvWait(asked, {}, at_most) {}

    [[nodiscard]] Request Asked() const noexcept { return connection; }
    [[nodiscard]] Received Take() noexcept { return Received(result, std::exchange(buffer, nullptr)); }
};

// Recv(span).
class FillingRecvWait final : public RecvWait {
public:
    struct Request {
        Connection* connection;
        std::span<std::byte> memory;
    };

    FillingRecvWait(Request asked, Deadline at_most) noexcept : RecvWait(asked.connection, asked.memory, at_most) {}

    [[nodiscard]] Request Asked() const noexcept { return {connection, memory}; }
    [[nodiscard]] Result Take() const noexcept { return result; }
};

// RecvExactly, RecvUntil, RecvLine and RecvFrame.
class FrameWait final : public RecvWait {
public:
    struct Request {
        Connection* connection;
        FrameRule rule;
    };

    FrameWait(Request asked, Deadline at_most) noexcept
        : RecvWait(asked.connection, {}, at_most), rule_(asked.rule), search_{FrameParser(asked.rule)} {
        search = &search_;
    }

    [[nodiscard]] Request Asked() const noexcept { return {connection, rule_}; }
    [[nodiscard]] Frame Take() noexcept;

private:
    const FrameRule rule_;
    FrameSearch search_;
};

class SendWait final : public ConnectionWait {
public:
    struct Request {
        Connection* connection;
        std::span<const std::byte> bytes;
    };

    SendWait(Request asked, Deadline at_most) noexcept;
    ~SendWait();

    bool Start(std::coroutine_handle<> coroutine, Scope* of);
    [[nodiscard]] Request Asked() const noexcept { return {connection, memory}; }
    [[nodiscard]] Result Take() const noexcept { return result; }

    std::span<const std::byte> memory;  // what is not sent yet
    SendWait* next = nullptr;           // the send that was asked for after this one
    bool queued = false;
};

}  // namespace detail

using RecvAwaitable = Awaitable<detail::LendingRecvWait>;
using RecvIntoAwaitable = Awaitable<detail::FillingRecvWait>;
using FrameAwaitable = Awaitable<detail::FrameWait>;
using SendAwaitable = Awaitable<detail::SendWait>;

}  // namespace iocp
