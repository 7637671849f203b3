// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

// How far a transfer is, on standard error: a bar on a terminal, elsewhere a line now and then.
class Progress {
public:
    // Bytes in all; 0 where nobody knows.
    explicit Progress(std::uint64_t all);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Leaves the line of the bar.
    ~Progress();

    void Show(std::uint64_t done);
    void Finish(std::uint64_t done);

private:
    using Clock = std::chrono::steady_clock;

    void Print(std::uint64_t done);

    const std::uint64_t all_;
    const bool on_terminal_;
    const std::chrono::milliseconds pause_;
    const Clock::time_point begin_;
    Clock::time_point next_;
    bool in_line_ = false;
};
