// SPDX-License-Identifier: MIT
#include "eager_receives.h"

#include "system_headers.h"

#include <algorithm>

namespace iocp::detail {

namespace {

constexpr std::chrono::milliseconds kPeriod{1'000};

}  // namespace

void EagerReceives::Add(IOCP_Operation& receive) noexcept {
    receive.place = static_cast<std::uint32_t>(waiting_.size());
    waiting_.push_back({&receive, false});
}

void EagerReceives::Remove(IOCP_Operation& receive) noexcept {
    waiting_.back().receive->place = receive.place;
    waiting_[receive.place] = waiting_.back();
    waiting_.pop_back();
}

std::chrono::nanoseconds EagerReceives::Limit(std::chrono::nanoseconds timeout) const noexcept {
    return waiting_.empty() ? timeout : std::min<std::chrono::nanoseconds>(timeout, kPeriod);
}

void EagerReceives::CancelSilent() noexcept {
    if (waiting_.empty()) return;
    const std::uint64_t now = GetTickCount64();
    if (now < period_end_) return;
    period_end_ = now + kPeriod.count();
    for (Waiting& each : waiting_) {
        // A socket whose operations were cancelled may be closed, and its number another's.
        if (each.silent && !each.receive->cancel_requested)
            CancelIoEx(reinterpret_cast<HANDLE>(each.receive->socket),
                       reinterpret_cast<OVERLAPPED*>(each.receive->kernel));
        each.silent = true;
    }
}

}  // namespace iocp::detail
