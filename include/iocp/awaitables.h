// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/received.h>
#include <iocp/result.h>
#include <iocp/timer.h>

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

class IOCP_Operation;

namespace iocp {

namespace detail {

class Connection;

// One wait of a coroutine on a connection: what it waits for, until when, and how it ended.
// Lives in the awaiting coroutine's frame; destroying it while it waits gives its operation up to the kernel, and
// returns only when the kernel no longer needs memory of the caller's.
class Wait : public Timer {
public:
    Wait(Connection* on, Deadline at_most, Fire when_due) noexcept : Timer(when_due), connection(on), limit(at_most) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

    // Goes on with the coroutine, in whose frame this lies.
    void Resume();

    Connection* const connection;
    std::coroutine_handle<> waiter;
    IOCP_Operation* operation = nullptr;
    const Deadline limit;
    Result result;
    Outcome cut = Outcome::Ok;  // what it is to end as; Ok while nobody asked for its end
    bool suspended = false;

protected:
    ~Wait() = default;
};

class RecvWait final : public Wait {
public:
    using Memory = std::span<std::byte>;

    RecvWait(Connection* on, Memory into, Deadline at_most) noexcept;
    ~RecvWait();

    bool Start(std::coroutine_handle<> coroutine);

    Memory memory;  // empty: lend a buffer
    Buffer* buffer = nullptr;
};

class SendWait final : public Wait {
public:
    using Memory = std::span<const std::byte>;

    SendWait(Connection* on, Memory bytes, Deadline at_most) noexcept;
    ~SendWait();

    bool Start(std::coroutine_handle<> coroutine);

    Memory memory;             // what is not sent yet
    SendWait* next = nullptr;  // the send that was asked for after this one
    bool queued = false;
};

}  // namespace detail

// What Recv, Recv(span) and Send return: awaited once, at once, as in `co_await client.Recv().Within(5s)`.
// The work starts when it is awaited. Within and Until bound the wait; without them it has no deadline of its own.
template <class Waiting, class Yield>
class [[nodiscard]] Awaitable {
public:
    using Memory = typename Waiting::Memory;

    Awaitable(detail::Connection* connection, Memory memory, detail::Deadline limit = {}) noexcept
        : wait_(connection, memory, limit) {}
    Awaitable(const Awaitable&) = delete;
    Awaitable& operator=(const Awaitable&) = delete;

    // The wait ends as Timeout when `duration` has passed since it was awaited. A Recv that timed out has taken
    // nothing. A Send that timed out in the middle has left the stream cut: every later Send on the client ends the
    // same way.
    [[nodiscard]] Awaitable Within(std::chrono::nanoseconds duration) && noexcept {
        return Awaitable(wait_.connection, wait_.memory, detail::Deadline::Within(duration));
    }
    [[nodiscard]] Awaitable Until(std::chrono::steady_clock::time_point time) && noexcept {
        return Awaitable(wait_.connection, wait_.memory, detail::Deadline::Until(time));
    }

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine) { return wait_.Start(coroutine); }
    Yield await_resume() noexcept {
        if constexpr (std::is_same_v<Yield, Received>)
            return Received(wait_.result, std::exchange(wait_.buffer, nullptr));
        else
            return wait_.result;
    }

private:
    Waiting wait_;
};

using RecvAwaitable = Awaitable<detail::RecvWait, Received>;
using RecvIntoAwaitable = Awaitable<detail::RecvWait, Result>;
using SendAwaitable = Awaitable<detail::SendWait, Result>;

}  // namespace iocp
