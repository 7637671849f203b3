// SPDX-License-Identifier: MIT
#include "notes.h"

#include "peer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace iocp_test {

namespace {

constexpr std::chrono::seconds kLongestTest{100};

}  // namespace

void Notes::Write(std::string note) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(note));
    written_.notify_all();
}

void Notes::Write(std::thread::id thread) {
    std::ostringstream text;
    text << "thread " << thread;
    Write(text.str());
}

std::string Notes::Next() {
    std::unique_lock lock(mutex_);
    if (!written_.wait_for(lock, kPatience, [this] { return !notes_.empty(); }))
        throw std::runtime_error("nobody wrote a note");
    std::string note = std::move(notes_.front());
    notes_.pop_front();
    return note;
}

std::vector<std::string> Notes::NextSorted(std::size_t count) {
    std::vector<std::string> notes;
    while (notes.size() < count) notes.push_back(Next());
    std::sort(notes.begin(), notes.end());
    return notes;
}

std::vector<std::string> Notes::Rest() {
    const std::lock_guard lock(mutex_);
    const std::deque<std::string> rest = std::exchange(notes_, {});
    return {rest.begin(), rest.end()};
}

Watchdog::Watchdog(std::string watched) : watched_(std::move(watched)), thread_([this] { Watch(); }) {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Watchdog::Watch() {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kLongestTest, [this] { return ended_; })) return;
    std::fprintf(stderr, "%s hangs\n", watched_.c_str());
    std::fflush(stderr);
    std::abort();
}

}  // namespace iocp_test
