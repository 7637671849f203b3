// SPDX-License-Identifier: MIT
#include "client_guard.h"

#include "connection.h"
#include "door_guard.h"
#include "worker.h"

#include <iocp/client.h>
#include <iocp/limits.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace iocp::detail {

namespace {

// For the last words of a handler whose client a rule has ended.
constexpr std::chrono::milliseconds kGoodbye{500};

constexpr auto kNever = std::chrono::nanoseconds::max();

}  // namespace

// The clock, its marks, and the timer that looks at them.
class ClientGuard::Watch final : private Timer {
public:
    Watch(ClientGuard& guard, Connection& connection) noexcept : guard_(guard), connection_(connection) {}
    ~Watch() { Timers().Disarm(*this); }

    void StartClock() noexcept;
    void StopClock() noexcept { zero_ -= Now().time_since_epoch(); }
    void Mark(std::size_t bytes) noexcept;
    void LookAgain() noexcept;
    void LookSoon() noexcept;

private:
    using Span = std::chrono::nanoseconds;

    [[nodiscard]] TimerQueue& Timers() const noexcept { return connection_.Home().Timers(); }
    [[nodiscard]] Clock::time_point Now() const noexcept { return connection_.Home().Now(); }
    [[nodiscard]] Span Shown() const noexcept { return (guard_.waiting_ ? Now() : Clock::time_point{}) - zero_; }
    [[nodiscard]] bool AwaitsFirstByte() const noexcept {
        return !guard_.heard_ && guard_.door_->FirstByte() > Span::zero();
    }

    void OnDue() noexcept override { Look(); }
    void Look() noexcept;
    [[nodiscard]] Span UntilSilent(Span shown, Rejection& rule) const noexcept;
    [[nodiscard]] Span UntilSlow(Span shown) noexcept;
    void End(Rejection rule) noexcept;

    ClientGuard& guard_;
    Connection& connection_;
    Clock::time_point zero_{};  // where the clock shows zero: of time while it goes, and before time began while not
    Span heard_at_{};           // what it showed when something came last
    Span window_from_{};        // and at the beginning of the window of the rate
    std::uint64_t window_bytes_ = 0;
};

void ClientGuard::Watch::StartClock() noexcept {
    // Not from the beginning of the turn: what the turn has taken so far is not the client's fault.
    zero_ += connection_.Home().Net().Now().time_since_epoch();
    if (!Armed()) Look();
}

void ClientGuard::Watch::Mark(std::size_t bytes) noexcept {
    heard_at_ = Shown();
    window_bytes_ += bytes;
    if (!AwaitsFirstByte() || guard_.ended_) return;
    // From now on other rules hold, which may be broken sooner.
    window_from_ = heard_at_;
    guard_.rated_ = true;
    Timers().Disarm(*this);
}

void ClientGuard::Watch::LookSoon() noexcept {
    Timers().Disarm(*this);
    Timers().Arm(*this, Now());
}

void ClientGuard::Watch::LookAgain() noexcept {
    Timers().Disarm(*this);
    Look();
}

void ClientGuard::Watch::Look() noexcept {
    if (guard_.ended_) return connection_.CloseHere();
    if (guard_.frame_too_long_) return End(Rejection::Frame);
    const Span shown = Shown();
    Rejection rule{};
    const Span silent = UntilSilent(shown, rule);
    if (silent <= Span::zero()) return End(rule);
    const Span slow = UntilSlow(shown);
    if (slow <= Span::zero()) return End(Rejection::LeastRate);
    const Span next = std::min(silent, slow);
    if (guard_.waiting_ && next != kNever) Timers().Arm(*this, Now() + next);
}

// How long until the client will have been silent for too long, and by which rule.
ClientGuard::Watch::Span ClientGuard::Watch::UntilSilent(Span shown, Rejection& rule) const noexcept {
    const bool first = AwaitsFirstByte();
    rule = first ? Rejection::FirstByte : Rejection::Idle;
    const Span limit = first ? guard_.door_->FirstByte() : guard_.door_->Idle();
    return limit > Span::zero() ? heard_at_ + limit - shown : kNever;
}

// How long until the end of the window of the rate; a new one begins where the rate was kept in the last. Zero: it was
// not.
ClientGuard::Watch::Span ClientGuard::Watch::UntilSlow(Span shown) noexcept {
    const std::size_t rate = guard_.door_->LeastRate();
    if (rate == 0 || AwaitsFirstByte()) {
        guard_.rated_ = false;
        return kNever;
    }
    if (!std::exchange(guard_.rated_, true)) {
        window_from_ = shown;
        window_bytes_ = 0;
    }
    const Span window = guard_.door_->RateWindow();
    const Span seen = shown - window_from_;
    if (seen < window) return window - seen;
    const double seconds = std::chrono::duration<double>(seen).count();
    if (static_cast<double>(window_bytes_) < static_cast<double>(rate) * seconds) return Span::zero();
    window_from_ = shown;
    window_bytes_ = 0;
    return window;
}

void ClientGuard::Watch::End(Rejection rule) noexcept {
    guard_.ended_ = true;
    Timers().Arm(*this, Now() + kGoodbye);
    guard_.door_->Tell(guard_.client_->Remote(), rule, guard_.client_->Id());
    connection_.SendAway();
}

ClientGuard::ClientGuard() noexcept = default;

ClientGuard::~ClientGuard() = default;

void ClientGuard::Begin(Connection& connection, IOCP_Client& client, DoorGuard& door) {
    client_ = &client;
    door_ = &door;
    LimitsChanged(connection);
}

void ClientGuard::Rest() noexcept {
    watch_.reset();
    door_ = nullptr;
}

void ClientGuard::LimitsChanged(Connection& connection) {
    if (door_ == nullptr || ended_ || frame_too_long_) return;
    if (!door_->Watches()) return watch_.reset();
    if (watch_) return watch_->LookAgain();
    // What happened before counts neither way.
    rated_ = false;
    watch_ = std::make_unique<Watch>(*this, connection);
    if (waiting_) StartClock();
}

void ClientGuard::StartClock() noexcept { watch_->StartClock(); }

void ClientGuard::StopClock() noexcept { watch_->StopClock(); }

void ClientGuard::Mark(std::size_t bytes) noexcept { watch_->Mark(bytes); }

std::size_t ClientGuard::LongestFrame() const noexcept { return door_ != nullptr ? door_->LongestFrame() : 0; }

void ClientGuard::FrameTooLong(Connection& connection) {
    if (door_ == nullptr || ended_ || std::exchange(frame_too_long_, true)) return;
    if (!watch_) watch_ = std::make_unique<Watch>(*this, connection);
    watch_->LookSoon();
}

Deadline ClientGuard::SendLimit() const noexcept {
    const auto limit = door_ != nullptr ? door_->SendLimit() : std::chrono::nanoseconds::zero();
    return limit > std::chrono::nanoseconds::zero() ? Deadline::Within(limit) : Deadline();
}

}  // namespace iocp::detail
