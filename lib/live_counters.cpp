// SPDX-License-Identifier: MIT
#include "live_counters.h"

namespace iocp::detail {

Counters LiveCounters::Snapshot() const noexcept {
    return {.clients_accepted = clients_accepted,
            .clients_refused = clients_refused,
            .refused_no_memory = refused_no_memory,
            .listeners_full = listeners_full,
            .accept_retries = accept_retries,
            .datagrams_dropped = datagrams_dropped,
            .posts_dropped = posts_dropped,
            .slow_clients_closed = slow_clients_closed,
            .receive_buffers_out = receive_buffers_out,
            .frames_too_long = frames_too_long,
            .handler_errors = handler_errors,
            .handlers_unwound = handlers_unwound,
            .stalls = stalls,
            .refused_full = refused_full,
            .refused_per_address = refused_per_address,
            .refused_by_rate = refused_by_rate,
            .accepts_delayed = accepts_delayed,
            .ended_first_byte = ended_first_byte,
            .ended_idle = ended_idle,
            .ended_slow = ended_slow,
            .ended_frame = ended_frame,
            .sends_timed_out = sends_timed_out};
}

}  // namespace iocp::detail
