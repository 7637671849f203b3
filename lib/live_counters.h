// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/options.h>

#include <atomic>
#include <cstdint>

namespace iocp::detail {

// Counters, written by any worker.
struct LiveCounters {
    std::atomic<std::uint64_t> clients_accepted = 0;
    std::atomic<std::uint64_t> clients_refused = 0;
    std::atomic<std::uint64_t> refused_no_memory = 0;
    std::atomic<std::uint64_t> listeners_full = 0;
    std::atomic<std::uint64_t> accept_retries = 0;
    std::atomic<std::uint64_t> datagrams_dropped = 0;
    std::atomic<std::uint64_t> posts_dropped = 0;
    std::atomic<std::uint64_t> slow_clients_closed = 0;
    std::atomic<std::uint64_t> receive_buffers_out = 0;
    std::atomic<std::uint64_t> frames_too_long = 0;
    std::atomic<std::uint64_t> handler_errors = 0;
    std::atomic<std::uint64_t> handlers_unwound = 0;
    std::atomic<std::uint64_t> stalls = 0;
    std::atomic<std::uint64_t> refused_full = 0;
    std::atomic<std::uint64_t> refused_per_address = 0;
    std::atomic<std::uint64_t> refused_by_rate = 0;
    std::atomic<std::uint64_t> accepts_delayed = 0;
    std::atomic<std::uint64_t> ended_first_byte = 0;
    std::atomic<std::uint64_t> ended_idle = 0;
    std::atomic<std::uint64_t> ended_slow = 0;
    std::atomic<std::uint64_t> ended_frame = 0;
    std::atomic<std::uint64_t> sends_timed_out = 0;

    [[nodiscard]] Counters Snapshot() const noexcept;
};

}  // namespace iocp::detail
