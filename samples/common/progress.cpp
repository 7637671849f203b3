// SPDX-License-Identifier: MIT
#include "progress.h"

#include "terminal.h"

#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <sstream>
#include <string>

namespace {

constexpr std::size_t kBar = 40;  // characters

}  // namespace

Progress::Progress(std::uint64_t all)
    : all_(all),
      on_terminal_(IsTerminalOnStandardError()),
      pause_(on_terminal_ ? 100 : 1'000),
      begin_(Clock::now()),
      next_(begin_ + pause_) {}

Progress::~Progress() {
    if (in_line_) std::fputc('\n', stderr);
}

void Progress::Show(std::uint64_t done) {
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + pause_;
    Print(done);
}

void Progress::Finish(std::uint64_t done) { Print(done); }

void Progress::Print(std::uint64_t done) {
    const std::chrono::duration<double> seconds = Clock::now() - begin_;
    std::ostringstream line;
    line << std::fixed << std::setprecision(1);
    if (all_ != 0) {
        const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(all_));
        const auto full = static_cast<std::size_t>(share * kBar);
        if (on_terminal_) line << '[' << std::string(full, '#') << std::string(kBar - full, '.') << "] ";
        line << std::setw(5) << 100 * share << " %  ";
    }
    const bool few = done < 1'000'000;
    line << static_cast<double>(done) / (few ? 1e3 : 1e6) << (few ? " kB in " : " MB in ") << seconds.count() << " s";
    std::fprintf(stderr, on_terminal_ ? "\r%s" : "%s\n", line.str().c_str());
    in_line_ = on_terminal_;
}
