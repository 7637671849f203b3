// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/endpoint.h>
#include <iocp/limits.h>
#include <iocp/options.h>
#include <iocp/protocol.h>
#include <iocp/timer.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace iocp::detail {

class CoreState;

// How many clients each address has: an IPv4 address, or a /64 of IPv6. From any thread.
class AddressBook {
public:
    AddressBook() = default;
    AddressBook(const AddressBook&) = delete;
    AddressBook& operator=(const AddressBook&) = delete;

    // False, and not counted: there are `most` already. 0: any number.
    [[nodiscard]] bool Enter(const Endpoint& remote, std::size_t most);
    void Leave(const Endpoint& remote) noexcept;

private:
    using Key = std::uint64_t;

    [[nodiscard]] static Key KeyOf(const Endpoint& remote) noexcept;

    std::mutex mutex_;
    std::unordered_map<Key, std::size_t> counts_;
};

// Lets so many pass per second, and after a quiet time as many at once as in a second. Of one worker.
class TokenBucket {
public:
    // Zero where one may pass now and is counted; otherwise how long until one may. `per_second` 0: always.
    [[nodiscard]] std::chrono::nanoseconds Take(std::size_t per_second, Clock::time_point now) noexcept;

private:
    Clock::time_point full_{};  // when all that has passed will be made good
};

// The limits of one listener, the same for all runs of its core, and what its door needs to keep them. What a client
// must keep to is looked after by its ClientGuard.
//
// Thread rule: any thread, but TakeAccept is for the listener's worker.
class DoorGuard {
public:
    DoorGuard(CoreState& core, const Listener& listener);
    DoorGuard(const DoorGuard&) = delete;
    DoorGuard& operator=(const DoorGuard&) = delete;

    void Set(const Limits& limits);
    [[nodiscard]] Limits Get() const;

    // What Limits::clients stands for where it is 0.
    void SetMostClients(std::size_t unless_limited) noexcept { unless_limited_ = unless_limited; }
    [[nodiscard]] std::size_t MostClients() const noexcept;

    // Counts a client of `remote`, or says that there are enough of its address; each that is counted leaves.
    [[nodiscard]] bool Enter(const Endpoint& remote) { return addresses_.Enter(remote, clients_per_address_); }
    void Leave(const Endpoint& remote) noexcept { addresses_.Leave(remote); }

    // As TokenBucket::Take.
    [[nodiscard]] std::chrono::nanoseconds TakeAccept(Clock::time_point now) noexcept {
        return bucket_.Take(accepts_per_second_, now);
    }

    // What a client must keep to; zero: nothing.
    [[nodiscard]] std::chrono::nanoseconds FirstByte() const noexcept { return first_byte_.load(kRelaxed); }
    [[nodiscard]] std::chrono::nanoseconds Idle() const noexcept { return idle_.load(kRelaxed); }
    [[nodiscard]] std::size_t LeastRate() const noexcept { return least_rate_.load(kRelaxed); }
    [[nodiscard]] std::chrono::nanoseconds RateWindow() const noexcept { return rate_window_.load(kRelaxed); }
    [[nodiscard]] std::size_t LongestFrame() const noexcept { return frame_.load(kRelaxed); }
    [[nodiscard]] std::chrono::nanoseconds SendLimit() const noexcept { return send_.load(kRelaxed); }

    // Whether any of the rules that end a client by time is on.
    [[nodiscard]] bool Watches() const noexcept;

    // Counts a rejection under its rule and tells the protocol. `client_id` 0: it was kept out.
    void Tell(const Endpoint& remote, Rejection rule, std::uint64_t client_id = 0) noexcept;

private:
    using Duration = std::atomic<std::chrono::nanoseconds>;

    static constexpr auto kRelaxed = std::memory_order_relaxed;  // each limit stands for itself

    void Count(Rejection rule) noexcept;

    CoreState& core_;
    const std::shared_ptr<IOCP_Protocol> protocol_;
    const Transport transport_;
    const int protocol_id_;

    mutable std::mutex mutex_;  // for limits_
    Limits limits_;

    std::atomic<std::size_t> unless_limited_ = 0;
    std::atomic<std::size_t> clients_ = 0;
    std::atomic<std::size_t> clients_per_address_ = 0;
    std::atomic<std::size_t> accepts_per_second_ = 0;
    Duration first_byte_{};
    Duration idle_{};
    std::atomic<std::size_t> least_rate_ = 0;
    Duration rate_window_{};
    std::atomic<std::size_t> frame_ = 0;
    Duration send_{};
    AddressBook addresses_;
    TokenBucket bucket_;
};

}  // namespace iocp::detail
