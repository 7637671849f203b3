// SPDX-License-Identifier: MIT
#pragma once

#include "crew.h"

#include <iocp/timer.h>

#include <vector>

namespace iocp::detail {

class CoreState;
class SimulatedEngine;
class SimulatedNetwork;

// The workers of one core in a simulation: they take their turns when the network steps.
class SimulatedCrew final : public Crew {
public:
    SimulatedCrew(SimulatedNetwork& network, CoreState& core) noexcept : network_(network), core_(core) {}
    ~SimulatedCrew() override;

    void Open(const std::vector<std::unique_ptr<Worker>>& workers, EngineKind kind) override;
    void Begin() override;
    void StopTicks() noexcept override { next_tick_ = Clock::time_point::max(); }
    void Drive() override;
    [[nodiscard]] bool IsBackground() const noexcept override { return in_background_; }

    // Workers that have something to do now, and giving one of them its turn.
    void FindReady(std::vector<std::pair<SimulatedCrew*, Worker*>>& ready);
    void Turn(Worker& worker);

    // When the next timer or tick is due, and ticking where it is.
    [[nodiscard]] Clock::time_point NextDue() const noexcept;
    void TickIfDue();

private:
    struct Member {
        Worker* worker;
        SimulatedEngine* engine;
    };

    SimulatedNetwork& network_;
    CoreState& core_;
    std::vector<Member> members_;   // whose workers have not ended
    std::vector<Worker*> turning_;  // in a turn, from which the network was asked to step
    Clock::time_point next_tick_ = Clock::time_point::max();
    bool in_background_ = false;
    bool running_ = false;
};

}  // namespace iocp::detail
