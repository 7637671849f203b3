// SPDX-License-Identifier: MIT
#include "simulated_crew.h"

#include "core_state.h"
#include "misuse.h"
#include "simulated_engine.h"
#include "simulated_network.h"
#include "worker.h"

#include <algorithm>

namespace iocp::detail {

SimulatedCrew::~SimulatedCrew() { network_.Remove(*this); }

void SimulatedCrew::Open(const std::vector<std::unique_ptr<Worker>>& workers, EngineKind kind) {
    network_.Remove(*this);
    members_.clear();
    for (const auto& worker : workers) {
        worker->Open(kind);
        members_.push_back({worker.get(), &network_.LastEngine()});
    }
    network_.Add(*this);
}

void SimulatedCrew::Begin() {
    running_ = true;
    next_tick_ = After(network_.Now(), core_.TickInterval());
}

void SimulatedCrew::Drive() {
    while (running_)
        if (!network_.Step(Clock::time_point::max())) Misuse("nothing is left that could end a simulated core");
}

void SimulatedCrew::FindReady(std::vector<std::pair<SimulatedCrew*, Worker*>>& ready) {
    for (const auto& [worker, engine] : members_) {
        if (std::find(turning_.begin(), turning_.end(), worker) != turning_.end()) continue;
        if (engine->HasWork() || worker->NextDue() <= network_.Now()) ready.emplace_back(this, worker);
    }
}

void SimulatedCrew::Turn(Worker& worker) {
    turning_.push_back(&worker);
    const bool more = worker.Turn(std::chrono::nanoseconds::zero());
    turning_.pop_back();
    if (more) return;
    std::erase_if(members_, [&](const Member& each) { return each.worker == &worker; });
    if (!members_.empty()) return;
    in_background_ = true;
    core_.FinishRun();
    in_background_ = false;
    running_ = false;
}

Clock::time_point SimulatedCrew::NextDue() const noexcept {
    Clock::time_point next = next_tick_;
    for (const Member& each : members_) next = std::min(next, each.worker->NextDue());
    return next;
}

void SimulatedCrew::TickIfDue() {
    if (next_tick_ > network_.Now()) return;
    next_tick_ += core_.TickInterval();
    in_background_ = true;
    core_.Tick();
    in_background_ = false;
}

}  // namespace iocp::detail
