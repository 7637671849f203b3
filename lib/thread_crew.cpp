// SPDX-License-Identifier: MIT
#include "thread_crew.h"

#include "core_state.h"
#include "stall_watch.h"
#include "worker.h"

#include <algorithm>
#include <string>
#include <system_error>

namespace iocp::detail {

namespace {

StartError TooManyThreads(std::size_t count, const std::system_error& error) {
    return StartError("cannot start " + std::to_string(count) + " workers (" + error.what() +
                          "): take fewer, or raise the limit of threads or memory",
                      error.code().value());
}

}  // namespace

ThreadCrew::~ThreadCrew() { JoinBackground(); }

void ThreadCrew::Open(const std::vector<std::unique_ptr<Worker>>& workers, EngineKind kind) {
    JoinBackground();  // of the run before
    std::vector<std::exception_ptr> failures(workers.size());
    std::exception_ptr failed;
    std::unique_lock lock(mutex_);
    opened_ = 0;
    stopping_ = false;
    try {
        for (std::size_t i = 0; i < workers.size(); ++i)
            worker_threads_.emplace_back(
                [this, &worker = *workers[i], kind, &failure = failures[i]] { RunWorker(worker, kind, failure); });
    } catch (const std::system_error& error) {
        failed = std::make_exception_ptr(TooManyThreads(workers.size(), error));
    }
    changed_.wait(lock, [&] { return opened_ == worker_threads_.size(); });
    lock.unlock();

    for (const std::exception_ptr& failure : failures)
        if (!failed) failed = failure;
    workers_ = &workers;
    if (!failed) return;
    EndWorkers();
    std::rethrow_exception(failed);
}

void ThreadCrew::EndWorkers() {
    for (const auto& worker : *workers_) worker->Mail()->Post([&worker = *worker] { worker.BeginStop(worker.Now()); });
    JoinWorkers();
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
    try {
        background_ = std::thread([this] { RunBackground(); });
    } catch (const std::system_error& error) {
        EndWorkers();
        throw TooManyThreads(workers_->size(), error);
    }
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
    StallWatch stalls(core_, *workers_);
    std::unique_lock lock(mutex_);
    while (!changed_.wait_until(lock, std::min(due, stalls.Due()), [this] { return stopping_; })) {
        lock.unlock();
        stalls.LookIfDue();
        if (Clock::now() >= due) {
            core_.Tick();
            // The schedule is counted from the start: what was missed is skipped, and nothing drifts.
            due += interval * ((std::max(Clock::now(), due) - due) / interval + 1);
        }
        lock.lock();
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
