// SPDX-License-Identifier: MIT
#include "door_guard.h"

#include "core_state.h"
#include "socket.h"

#include <algorithm>

namespace iocp {

std::string_view ToString(Rejection rule) noexcept {
    switch (rule) {
        case Rejection::Clients: return "clients";
        case Rejection::ClientsPerAddress: return "clients_per_address";
        case Rejection::AcceptsPerSecond: return "accepts_per_second";
        case Rejection::FirstByte: return "first_byte";
        case Rejection::Idle: return "idle";
        case Rejection::LeastRate: return "least_rate";
        case Rejection::Frame: return "frame";
    }
    return "unknown";
}

namespace detail {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kIdleDatagrams{60'000};

// A hundred years, which are for ever, and to which a time can still be added.
constexpr milliseconds kLongest = std::chrono::hours(24) * 36'500;

nanoseconds Within(milliseconds limit) noexcept { return std::clamp(limit, milliseconds::zero(), kLongest); }

}  // namespace

AddressBook::Key AddressBook::KeyOf(const Endpoint& remote) noexcept {
    const Endpoint plain = Unmapped(remote);
    const bool v4 = plain.AddressFamily() == Endpoint::Family::V4;
    // An IPv4 address is counted as a /64 of 100::/8, which nobody has (RFC 4291, 2.4).
    Key key = v4 ? 0x01000000u : 0u;
    const std::size_t size = v4 ? 4 : 8;
    for (std::size_t i = 0; i < size; ++i) key = key << 8 | plain.AddressBytes().at(i);
    return key;
}

bool AddressBook::Enter(const Endpoint& remote, std::size_t most) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[KeyOf(remote)];  // one that is new is below any limit
    if (most != 0 && count >= most) return false;
    ++count;
    return true;
}

void AddressBook::Leave(const Endpoint& remote) noexcept {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(KeyOf(remote));
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

nanoseconds TokenBucket::Take(std::size_t per_second, Clock::time_point now) noexcept {
    if (per_second == 0) return nanoseconds::zero();
    constexpr nanoseconds kSecond = std::chrono::seconds(1);
    const nanoseconds each(std::max<std::uint64_t>(1, 1'000'000'000 / per_second));
    // A rate that was lowered meanwhile does not make anyone wait for what passed before.
    const auto full = std::clamp<Clock::time_point>(full_, now, now + kSecond);
    const auto wait = full + each - now - kSecond;
    if (wait > nanoseconds::zero()) return wait;
    full_ = full + each;
    return nanoseconds::zero();
}

DoorGuard::DoorGuard(CoreState& core, const Listener& listener)
    : core_(core), protocol_(listener.protocol), transport_(listener.transport), protocol_id_(listener.protocol_id) {
    Set(listener.limits);
}

void DoorGuard::Set(const Limits& limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
    const bool tcp = transport_ == Transport::Tcp;
    clients_ = limits.clients;
    clients_per_address_ = limits.clients_per_address;
    accepts_per_second_ = limits.accepts_per_second;
    first_byte_ = tcp ? Within(limits.first_byte) : nanoseconds::zero();
    idle_ = !tcp && limits.idle == milliseconds::zero() ? kIdleDatagrams : Within(limits.idle);
    least_rate_ = limits.least_rate;
    rate_window_ = std::max<nanoseconds>(Within(limits.rate_window), milliseconds(1));
    frame_ = limits.frame;
    send_ = Within(limits.send);
}

Limits DoorGuard::Get() const {
    const std::lock_guard lock(mutex_);
    return limits_;
}

std::size_t DoorGuard::MostClients() const noexcept {
    const std::size_t most = clients_;
    return most != 0 ? most : unless_limited_.load();
}

bool DoorGuard::Watches() const noexcept {
    return FirstByte() > nanoseconds::zero() || Idle() > nanoseconds::zero() || LeastRate() > 0;
}

void DoorGuard::Tell(const Endpoint& remote, Rejection rule, std::uint64_t client_id) noexcept {
    Count(rule);
    core_.Guard(client_id, [&] { protocol_->OnReject(Arrival{remote, transport_, protocol_id_}, rule); });
}

void DoorGuard::Count(Rejection rule) noexcept {
    LiveCounters& counters = core_.Count();
    switch (rule) {
        case Rejection::Clients: ++counters.refused_full; break;
        case Rejection::ClientsPerAddress: ++counters.refused_per_address; break;
        case Rejection::AcceptsPerSecond: ++counters.refused_by_rate; break;
        case Rejection::FirstByte: ++counters.ended_first_byte; break;
        case Rejection::Idle: ++counters.ended_idle; break;
        case Rejection::LeastRate: ++counters.ended_slow; break;
        case Rejection::Frame: ++counters.ended_frame; break;
    }
}

}  // namespace detail

}  // namespace iocp
