// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/awaitable.h>
#include <iocp/file_part.h>
#include <iocp/frame_parser.h>
#include <iocp/received.h>
#include <iocp/result.h>
#include <iocp/wait.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
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
    ConnectionWait(For what_comes, Connection* on, Deadline at_most) noexcept
        : Wait(what_comes, at_most), connection(on) {}
    ~ConnectionWait() = default;
};

// For a frame, and where it was found.
struct FrameSearch {
    FrameParser parser;
    const std::byte* frame = nullptr;
};

class RecvWait : public ConnectionWait {
public:
    // For whatever comes, in a buffer that is lent.
    RecvWait(Connection* on, Deadline at_most) noexcept : RecvWait(For::Bytes, on, at_most) {}
    ~RecvWait() {
        if (suspended) GiveUp();
    }

    bool Start(std::coroutine_handle<> coroutine, Scope* of);

    // Where the frame is not whole yet, goes on waiting instead.
    void Resume() final;
    void OnDue() noexcept final;

    // Null: whatever comes is enough.
    [[nodiscard]] FrameSearch* Search() noexcept;

    // What is to be filled; empty where a buffer is to be lent.
    [[nodiscard]] std::span<std::byte> Memory() const noexcept;

    Buffer* buffer = nullptr;

protected:
    RecvWait(For what_comes, Connection* on, Deadline at_most) noexcept : ConnectionWait(what_comes, on, at_most) {}

private:
    void GiveUp() noexcept;
};

// Recv().
class LendingRecvWait final : public RecvWait {
public:
    using Request = Connection*;

    LendingRecvWait(Request asked, Deadline at_most) noexcept : RecvWait(asked, at_most) {}

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

    FillingRecvWait(Request asked, Deadline at_most) noexcept
        : RecvWait(For::BytesInMemory, asked.connection, at_most), memory(asked.memory) {}

    [[nodiscard]] Request Asked() const noexcept { return {connection, memory}; }
    [[nodiscard]] Result Take() const noexcept { return result; }

    const std::span<std::byte> memory;
};

// RecvExactly, RecvUntil, RecvLine and RecvFrame.
class FrameWait final : public RecvWait {
public:
    struct Request {
        Connection* connection;
        FrameRule rule;
    };

    FrameWait(Request asked, Deadline at_most) noexcept
        : RecvWait(For::Frame, asked.connection, at_most), search{FrameParser(asked.rule)}, rule_(asked.rule) {}

    [[nodiscard]] Request Asked() const noexcept { return {connection, rule_}; }
    [[nodiscard]] Frame Take() noexcept;

    FrameSearch search;

private:
    const FrameRule rule_;
};

inline FrameSearch* RecvWait::Search() noexcept {
    return what == For::Frame ? &static_cast<FrameWait*>(this)->search : nullptr;
}

inline std::span<std::byte> RecvWait::Memory() const noexcept {
    return what == For::BytesInMemory ? static_cast<const FillingRecvWait*>(this)->memory : std::span<std::byte>();
}

// Send and SendFile, which wait for their turn in one queue.
class SendWait : public ConnectionWait {
public:
    ~SendWait() {
        if (suspended) GiveUp();
    }

    bool Start(std::coroutine_handle<> coroutine, Scope* of);
    void OnDue() noexcept final;
    [[nodiscard]] Result Take() const noexcept { return result; }

    // So many bytes more are sent.
    void Advance(std::size_t bytes) noexcept;

    // Null: of memory.
    [[nodiscard]] FilePart* Part() noexcept;

    std::size_t left;          // bytes that are not sent yet
    const std::byte* data;     // where they are, in memory
    SendWait* next = nullptr;  // the send that was asked for after this one

protected:
    SendWait(Connection* on, std::span<const std::byte> memory, Deadline at_most) noexcept
        : ConnectionWait(For::Send, on, at_most), left(memory.size()), data(memory.data()) {}
    SendWait(Connection* on, std::size_t size_in_file, Deadline at_most) noexcept
        : ConnectionWait(For::SendFile, on, at_most), left(size_in_file), data(nullptr) {}

private:
    void GiveUp() noexcept;
};

// Send.
class MemorySendWait final : public SendWait {
public:
    struct Request {
        Connection* connection;
        std::span<const std::byte> bytes;
    };

    MemorySendWait(Request asked, Deadline at_most) noexcept : SendWait(asked.connection, asked.bytes, at_most) {}

    [[nodiscard]] Request Asked() const noexcept { return {connection, {data, left}}; }
};

// SendFile.
class FileSendWait final : public SendWait {
public:
    struct Request {
        Connection* connection;
        FilePart part;
        std::uint64_t size;  // or kToTheEnd
    };

    FileSendWait(Request asked, Deadline at_most) noexcept
        : SendWait(asked.connection, asked.size, at_most), part(asked.part) {}

    bool Start(std::coroutine_handle<> coroutine, Scope* of);
    [[nodiscard]] Request Asked() const noexcept { return {connection, part, left}; }

    FilePart part;  // where the bytes are that are not sent yet
};

inline FilePart* SendWait::Part() noexcept {
    return what == For::SendFile ? &static_cast<FileSendWait*>(this)->part : nullptr;
}

inline void SendWait::Advance(std::size_t bytes) noexcept {
    left -= bytes;
    if (FilePart* const part = Part())
        part->offset += bytes;
    else
        data += bytes;
}

}  // namespace detail

using RecvAwaitable = Awaitable<detail::LendingRecvWait>;
using RecvIntoAwaitable = Awaitable<detail::FillingRecvWait>;
using FrameAwaitable = Awaitable<detail::FrameWait>;
using SendAwaitable = Awaitable<detail::MemorySendWait>;
using SendFileAwaitable = Awaitable<detail::FileSendWait>;

}  // namespace iocp
