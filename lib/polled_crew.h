// SPDX-License-Identifier: MIT
#pragma once

#include "crew.h"

#include <iocp/timer.h>

#include <atomic>
#include <thread>

namespace iocp::detail {

class CoreState;

// No threads: one worker, the ticks and the end of the run happen inside Poll, on the application's thread.
class PolledCrew final : public Crew {
public:
    explicit PolledCrew(CoreState& core) noexcept : core_(core) {}

    void Open(const std::vector<std::unique_ptr<Worker>>& workers, EngineKind kind) override;
    void Begin() override;
    void StopTicks() noexcept override { ticking_ = false; }

    // Elsewhere than on the polling thread: that one will come to it.
    void Drive() override;
    [[nodiscard]] bool IsBackground() const noexcept override { return in_background_ && IsPollingThread(); }

    // See IOCP_CORE::Poll.
    bool Poll(std::chrono::nanoseconds at_most);

private:
    [[nodiscard]] bool IsPollingThread() const noexcept { return thread_ == std::this_thread::get_id(); }
    void TickIfDue();

    CoreState& core_;
    Worker* worker_ = nullptr;
    std::thread::id thread_;
    std::atomic<bool> ticking_ = false;
    std::atomic<bool> in_background_ = false;
    bool running_ = false;
    Clock::time_point next_tick_;
};

}  // namespace iocp::detail
