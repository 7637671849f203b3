// SPDX-License-Identifier: MIT
#include "thread_crew.h"

#include "core_state.h"
#include "worker.h"

#include <algorithm>

namespace iocp::detail {

ThreadCrew::~ThreadCrew() { JoinBackground(); }

void ThreadCrew::Open(const std::vector<std::unique_ptr<Worker>>& workers, EngineKind kind) {
    JoinBackground();  // of the run before
    std::vector<std::exception_ptr> failures(workers.size());
    std::unique_lock lock(mutex_);
    opened_ = 0;
    stopping_ = false;
    for (std::size_t i = 0; i < workers.size(); ++i)
        worker_threads_.emplace_back(
            [this, &worker = *workers[i], kind, &failure = failures[i]] { RunWorker(worker, kind, failure); });
    changed_.wait(lock, [&] { return opened_ == workers.size(); });
    lock.unlock();

    const auto failed = std::find_if(failures.begin(), failures.end(), [](const auto& failure) { return !!failure; });
    if (failed == failures.end()) return;
    for (const auto& worker : workers) worker->Mail()->Post([&worker = *worker] { worker.BeginStop(worker.Now()); });
    JoinWorkers();
    std::rethrow_exception(*failed);
}

void ThreadCrew::RunWorker(Worker& worker, EngineKind kind, std::exception_ptr& failure) noexcept {
    bool open = true;
    try {
        worker.Open(kind);
    } catch (...) {
        failure = std::current_exception();
        open = false;
    }
    {
        const std::lock_guard lock(mutex_);
        ++opened_;
        changed_.notify_all();
    }
    while (open) open = worker.Turn(Engine::kForever);
}

void ThreadCrew::Begin() {
    background_ = std::thread([this] { RunBackground(); });
}

void ThreadCrew::RunBackground() noexcept {
    background_id_ = std::this_thread::get_id();
    RunTicks();
    JoinWorkers();
    core_.FinishRun();
    background_id_ = std::thread::id();
}

void ThreadCrew::RunTicks() {
    const auto interval = core_.TickInterval();
    auto due = After(Clock::now(), interval);
    std::unique_lock lock(mutex_);
    while (!changed_.wait_until(lock, due, [this] { return stopping_; })) {
        lock.unlock();
        core_.Tick();
        lock.lock();
        // The schedule is counted from the start: what was missed is skipped, and nothing drifts.
        due += interval * ((std::max(Clock::now(), due) - due) / interval + 1);
    }
}

void ThreadCrew::StopTicks() noexcept {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
}

void ThreadCrew::JoinBackground() {
    if (background_.joinable()) background_.join();
}

void ThreadCrew::JoinWorkers() {
    for (std::thread& thread : worker_threads_) thread.join();
    worker_threads_.clear();
}

}  // namespace iocp::detail
