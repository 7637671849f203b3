// SPDX-License-Identifier: MIT
#pragma once

#include "engine.h"

#include <memory>
#include <vector>

namespace iocp::detail {

class Worker;

// Runs the workers of one core, its ticks, and the end of its run.
class Crew {
public:
    Crew() noexcept = default;
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;
    virtual ~Crew() = default;

    // Opens the workers' engines. Throws what the first of them throws that fails; nothing runs then.
    virtual void Open(const std::vector<std::unique_ptr<Worker>>& workers, EngineKind kind) = 0;

    // From now on the workers run and the core ticks; once all workers have ended, CoreState::FinishRun is called.
    // Throws StartError where it can't; nothing runs then.
    virtual void Begin() = 0;

    // The core is stopping: there are no ticks from now on.
    virtual void StopTicks() noexcept = 0;

    // By whoever waits for the end of the run: where nobody else runs the workers, this does, until they have ended.
    virtual void Drive() = 0;

    // Whether the calling thread is one on which the core's background hooks run.
    [[nodiscard]] virtual bool IsBackground() const noexcept = 0;
};

}  // namespace iocp::detail
