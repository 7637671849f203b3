// SPDX-License-Identifier: MIT
#include "thread_pool.h"

#include <system_error>
#include <utility>

namespace iocp::detail {

bool ThreadPool::Post(std::shared_ptr<Job> job) {
    const std::lock_guard lock(mutex_);
    if (closed_ || waiting_.size() >= most_waiting_) return false;
    if (idle_ <= waiting_.size() && !AddThread()) return false;
    waiting_.push_back(std::move(job));
    changed_.notify_one();
    return true;
}

bool ThreadPool::AddThread() {
    if (threads_.size() == most_threads_) return true;  // one of them will come to it
    try {
        threads_.emplace_back([this] { RunJobs(); });
    } catch (const std::system_error&) {
        return !threads_.empty();
    }
    return true;
}

void ThreadPool::RunJobs() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
        --idle_;
        if (closed_) return;
        auto job = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        job->Run();
        job.reset();
        lock.lock();
    }
}

void ThreadPool::Close() noexcept {
    std::deque<std::shared_ptr<Job>> forgotten;  // freed outside the lock
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        forgotten.swap(waiting_);
        changed_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

}  // namespace iocp::detail
