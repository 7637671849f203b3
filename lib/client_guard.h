// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/timer.h>

#include <cstddef>
#include <memory>

class IOCP_Client;

namespace iocp::detail {

class Connection;
class DoorGuard;

// Keeps one client to what its listener's limits expect, by a clock of its own that goes only while the client is
// waited for. Messages leave marks on that clock and do not touch its timer: when that is due, the marks say whether a
// rule was broken or when to look again.
//
// A part of the client's connection, and used on its worker. Without a listener, or with no rule on, it only notes
// whether the client is waited for.
class ClientGuard {
public:
    ClientGuard() noexcept;
    ~ClientGuard();

    // From the client's acceptance to the end of its handler.
    void Begin(Connection& connection, IOCP_Client& client, DoorGuard& door);
    void Rest() noexcept;

    // The client is waited for, and no longer, because so many bytes have come.
    void WaitBegins() noexcept {
        waiting_ = true;
        if (watch_) StartClock();
    }
    void WaitEnds(std::size_t bytes) noexcept {
        if (bytes > 0) Heard(bytes);
        if (watch_ && waiting_) StopClock();
        waiting_ = false;
    }

    // Something came; of a UDP peer perhaps an empty datagram.
    void Heard(std::size_t bytes) noexcept {
        if (watch_) Mark(bytes);
        heard_ = true;
    }

    void LimitsChanged(Connection& connection);

    // A rule has ended the client.
    [[nodiscard]] bool HasEndedClient() const noexcept { return ended_; }

    // Longer frames end the client; 0: none does.
    [[nodiscard]] std::size_t LongestFrame() const noexcept;

    // One has. The call for it may still end, and the handler go on from there to its next await.
    void FrameTooLong(Connection& connection);

    // For sends without a deadline of their own.
    [[nodiscard]] Deadline SendLimit() const noexcept;

private:
    class Watch;

    void StartClock() noexcept;
    void StopClock() noexcept;
    void Mark(std::size_t bytes) noexcept;

    std::unique_ptr<Watch> watch_;  // only while a rule is on: most of the memory is there
    IOCP_Client* client_ = nullptr;
    DoorGuard* door_ = nullptr;
    bool waiting_ = false;
    bool heard_ = false;
    bool rated_ = false;  // there is a window of the rate
    bool frame_too_long_ = false;
    bool ended_ = false;
};

}  // namespace iocp::detail
