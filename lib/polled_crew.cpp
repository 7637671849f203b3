// SPDX-License-Identifier: MIT
#include "polled_crew.h"

#include "core_state.h"
#include "misuse.h"
#include "worker.h"

#include <algorithm>

namespace iocp::detail {

void PolledCrew::Open(const std::vector<std::unique_ptr<Worker>>& workers, EngineKind kind) {
    worker_ = workers.front().get();
    thread_ = std::this_thread::get_id();
    worker_->Open(kind);
}

void PolledCrew::Begin() {
    running_ = true;
    ticking_ = true;
    next_tick_ = After(core_.Net().Now(), core_.TickInterval());
}

bool PolledCrew::Poll(std::chrono::nanoseconds at_most) {
    if (!running_) return false;
    if (!IsPollingThread()) Misuse("Poll on another thread than the one that called StartPolled");
    TickIfDue();
    const auto until_tick = std::max(next_tick_ - core_.Net().Now(), Clock::duration::zero());
    if (worker_->Turn(ticking_ ? std::min(at_most, std::chrono::nanoseconds(until_tick)) : at_most)) return true;
    running_ = false;
    in_background_ = true;
    core_.FinishRun();
    in_background_ = false;
    return false;
}

void PolledCrew::Drive() {
    if (!IsPollingThread()) return;
    while (Poll(Engine::kForever)) {
    }
}

// What was missed is skipped, and nothing drifts.
void PolledCrew::TickIfDue() {
    const auto now = core_.Net().Now();
    if (!ticking_ || next_tick_ > now) return;
    const auto interval = core_.TickInterval();
    next_tick_ += interval * ((now - next_tick_) / interval + 1);
    in_background_ = true;
    core_.Tick();
    in_background_ = false;
}

}  // namespace iocp::detail
