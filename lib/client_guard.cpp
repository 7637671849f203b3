// SPDX-License-Identifier: MIT
#include "client_guard.h"

#include "connection.h"
#include "door_guard.h"
#include "worker.h"

#include <iocp/client.h>

#include <algorithm>
#include <utility>

namespace iocp::detail {

namespace {

// For the last words of a handler whose client a rule has ended.
constexpr std::chrono::milliseconds kGoodbye{500};

constexpr auto kNever = std::chrono::nanoseconds::max();

}  // namespace

ClientGuard::ClientGuard(Connection& connection) noexcept
    : Timer([](Timer& timer) noexcept { static_cast<ClientGuard&>(timer).Look(); }), connection_(connection) {}

void ClientGuard::Watch(IOCP_Client& client, DoorGuard& door) noexcept {
    client_ = &client;
    door_ = &door;
    LimitsChanged();
}

void ClientGuard::Rest() noexcept {
    if (door_ == nullptr) return;
    connection_.Home().Timers().Disarm(*this);
    door_ = nullptr;
    watching_ = false;
}

void ClientGuard::LimitsChanged() noexcept {
    if (door_ == nullptr || ended_) return;
    const bool was_watching = std::exchange(watching_, door_->Watches());
    connection_.Home().Timers().Disarm(*this);
    if (!watching_) return;
    if (was_watching) return Look();
    // What happened while nobody looked counts neither way.
    heard_at_ = waited_;
    rated_ = false;
    if (waiting_) StartClock();
}

Clock::time_point ClientGuard::Now() const noexcept { return connection_.Home().Now(); }

ClientGuard::Span ClientGuard::Waited() const noexcept {
    // The turn may have begun before the clock went on.
    return waiting_ ? waited_ + std::max(Span(Now() - since_), Span::zero()) : waited_;
}

void ClientGuard::StartClock() noexcept {
    // Not from the beginning of the turn: what the turn has taken so far is not the client's fault.
    since_ = connection_.Home().Net().Now();
    if (!Armed()) Look();
}

void ClientGuard::StopClock() noexcept { waited_ = Waited(); }

void ClientGuard::Mark(std::size_t bytes) noexcept {
    heard_at_ = Waited();
    window_bytes_ += bytes;
    if (heard_ || door_->FirstByte() == Span::zero()) return;
    // The first byte: from now on other rules hold, which may be broken sooner.
    window_from_ = heard_at_;
    rated_ = true;
    connection_.Home().Timers().Disarm(*this);
}

void ClientGuard::Look() noexcept {
    if (ended_) return connection_.CloseHere();
    const Span waited = Waited();
    Rejection rule{};
    const Span silent = UntilSilent(waited, rule);
    if (silent <= Span::zero()) return End(rule);
    const Span slow = UntilSlow(waited);
    if (slow <= Span::zero()) return End(Rejection::LeastRate);
    const Span next = std::min(silent, slow);
    if (waiting_ && next != kNever) connection_.Home().Timers().Arm(*this, std::max(since_, Now()) + next);
}

// How long until the client will have been silent for too long, and by which rule.
ClientGuard::Span ClientGuard::UntilSilent(Span waited, Rejection& rule) const noexcept {
    const bool first = !heard_ && door_->FirstByte() > Span::zero();
    rule = first ? Rejection::FirstByte : Rejection::Idle;
    const Span limit = first ? door_->FirstByte() : door_->Idle();
    return limit > Span::zero() ? heard_at_ + limit - waited : kNever;
}

// How long until the end of the window of the rate; a new one begins where the rate was kept in the last. Zero: it was
// not.
ClientGuard::Span ClientGuard::UntilSlow(Span waited) noexcept {
    const std::size_t rate = door_->LeastRate();
    if (rate == 0 || (!heard_ && door_->FirstByte() > Span::zero())) {
        rated_ = false;
        return kNever;
    }
    if (!std::exchange(rated_, true)) {
        window_from_ = waited;
        window_bytes_ = 0;
    }
    const Span window = door_->RateWindow();
    const Span seen = waited - window_from_;
    if (seen < window) return window - seen;
    const double seconds = std::chrono::duration<double>(seen).count();
    if (static_cast<double>(window_bytes_) < static_cast<double>(rate) * seconds) return Span::zero();
    window_from_ = waited;
    window_bytes_ = 0;
    return window;
}

void ClientGuard::End(Rejection rule) noexcept {
    ended_ = true;
    watching_ = false;
    connection_.Home().Timers().Arm(*this, Now() + kGoodbye);
    door_->Tell(client_->Remote(), rule, client_->Id());
    connection_.SendAway();
}

Deadline ClientGuard::SendLimit() const noexcept {
    if (door_ == nullptr || door_->SendLimit() == Span::zero()) return {};
    return Deadline::Within(door_->SendLimit());
}

}  // namespace iocp::detail
