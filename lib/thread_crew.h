// SPDX-License-Identifier: MIT
#pragma once

#include "crew.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace iocp::detail {

class CoreState;

// A thread for each worker, and a background thread that ticks until the core stops, then joins them and ends the run.
class ThreadCrew final : public Crew {
public:
    explicit ThreadCrew(CoreState& core) noexcept : core_(core) {}
    ~ThreadCrew() override;

    void Open(const std::vector<std::unique_ptr<Worker>>& workers, EngineKind kind) override;
    void Begin() override;
    void StopTicks() noexcept override;
    void Drive() override {}  // its threads do
    [[nodiscard]] bool IsBackground() const noexcept override { return background_id_ == std::this_thread::get_id(); }

private:
    void RunWorker(Worker& worker, EngineKind kind, std::exception_ptr& failure) noexcept;
    void RunBackground() noexcept;
    void RunTicks();
    void EndWorkers();
    void JoinWorkers();
    void JoinBackground();

    CoreState& core_;
    std::mutex mutex_;  // for what follows
    std::condition_variable changed_;
    unsigned opened_ = 0;
    bool stopping_ = false;

    const std::vector<std::unique_ptr<Worker>>* workers_ = nullptr;  // the core's
    std::vector<std::thread> worker_threads_;
    std::thread background_;
    std::atomic<std::thread::id> background_id_;
};

}  // namespace iocp::detail
