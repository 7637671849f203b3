// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/limits.h>
#include <iocp/timer.h>

#include <chrono>
#include <cstddef>
#include <cstdint>

class IOCP_Client;

namespace iocp::detail {

class Connection;
class DoorGuard;

// Keeps one client to what its listener's limits expect. It has a clock of its own, which goes only while the client is
// waited for. Messages leave marks on that clock and never touch the timer: when that is due, the marks say whether a
// rule was broken or when to look again.
//
// A part of the client's connection, and used on its worker. Without a listener, or with no rule on, it does nothing.
class ClientGuard final : private Timer {
public:
    explicit ClientGuard(Connection& connection) noexcept;
    ~ClientGuard() = default;

    // From the client's acceptance to the end of its handler.
    void Watch(IOCP_Client& client, DoorGuard& door) noexcept;
    void Rest() noexcept;

    // The client is waited for, and no longer, because so many bytes have come.
    void WaitBegins() noexcept {
        waiting_ = true;
        if (watching_) StartClock();
    }
    void WaitEnds(std::size_t bytes) noexcept {
        if (bytes > 0) Heard(bytes);
        if (watching_ && waiting_) StopClock();
        waiting_ = false;
    }

    // Something came; of a UDP peer perhaps an empty datagram.
    void Heard(std::size_t bytes) noexcept {
        if (watching_) Mark(bytes);
        heard_ = true;
    }

    void LimitsChanged() noexcept;

    // A rule has ended the client.
    [[nodiscard]] bool HasEndedClient() const noexcept { return ended_; }

    // For sends without a deadline of their own.
    [[nodiscard]] Deadline SendLimit() const noexcept;

private:
    using Span = std::chrono::nanoseconds;

    [[nodiscard]] Clock::time_point Now() const noexcept;
    [[nodiscard]] Span Waited() const noexcept;
    void StartClock() noexcept;
    void StopClock() noexcept;
    void Mark(std::size_t bytes) noexcept;
    void Look() noexcept;
    [[nodiscard]] Span UntilSilent(Span waited, Rejection& rule) const noexcept;
    [[nodiscard]] Span UntilSlow(Span waited) noexcept;
    void End(Rejection rule) noexcept;

    Connection& connection_;
    IOCP_Client* client_ = nullptr;
    DoorGuard* door_ = nullptr;
    Clock::time_point since_{};  // when the clock went on
    Span waited_{};              // what it showed then
    Span heard_at_{};            // what it showed when something came last
    Span window_from_{};         // and at the beginning of the window of the rate
    std::uint64_t window_bytes_ = 0;
    bool rated_ = false;  // there is a window
    bool watching_ = false;
    bool waiting_ = false;
    bool heard_ = false;
    bool ended_ = false;
};

}  // namespace iocp::detail
