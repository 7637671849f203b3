// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/offload.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace iocp::detail {

// A few threads for work that blocks. They are started when they are needed.
class ThreadPool {
public:
    ThreadPool(std::size_t most_threads, std::size_t most_waiting) noexcept
        : most_threads_(most_threads), most_waiting_(most_waiting) {}
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;
    ~ThreadPool() { Close(); }

    // From any thread. False: as many wait as may, or no thread can be had.
    [[nodiscard]] bool Post(std::shared_ptr<Job> job);

    // Forgets what has not begun, and waits for what has.
    void Close() noexcept;

private:
    void RunJobs() noexcept;
    [[nodiscard]] bool AddThread();

    const std::size_t most_threads_;
    const std::size_t most_waiting_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<Job>> waiting_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    bool closed_ = false;
};

}  // namespace iocp::detail
