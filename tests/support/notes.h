// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/result.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace iocp_test {

// What handlers and hooks tell the test, in the order of telling. Safe to use from any thread.
class Notes {
public:
    void Write(std::string note);
    void Write(iocp::Outcome outcome) { Write(std::string(ToString(outcome))); }
    void Write(const iocp::Result& result) { Write(result.Why()); }
    void Write(std::thread::id thread);

    // Takes the next note, waiting for it; throws when none comes.
    [[nodiscard]] std::string Next();

    // Takes the next `count`, whose order is of no interest: sorted.
    [[nodiscard]] std::vector<std::string> NextSorted(std::size_t count);

    // What has been written and not been taken.
    [[nodiscard]] std::vector<std::string> Rest();

private:
    std::mutex mutex_;
    std::condition_variable written_;
    std::deque<std::string> notes_;
};

// Ends the process when a test hangs where no other deadline reaches it, as in a Stop that does not end.
class Watchdog {
public:
    explicit Watchdog(std::string watched);
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog();

private:
    void Watch();

    std::string watched_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
    std::thread thread_;
};

}  // namespace iocp_test
