// SPDX-License-Identifier: MIT
#include "activity.h"

#include "worker.h"

namespace iocp::detail {

void Activity::Running::Begin(ClientTag client, const Place& place) noexcept {
    Activity& doing = Worker::Current()->Doing();
    before_ = doing.Look();
    doing.Set({.in_handler = true, .client_id = client, .file = place.file_name(), .line = place.line()});
}

void Activity::Running::End() noexcept { Worker::Current()->Doing().Set(before_); }

void Activity::GoesOn(const Place& place) noexcept {
    Seen now = Look();
    now.file = place.file_name();
    now.line = place.line();
    Set(now);
}

void Activity::Set(const Seen& seen) noexcept {
    const std::uint64_t step = step_.load(std::memory_order_relaxed) + 1;
    step_.store(step, std::memory_order_release);
    in_handler_.store(seen.in_handler, std::memory_order_release);
    client_id_.store(seen.client_id, std::memory_order_release);
    file_.store(seen.file, std::memory_order_release);
    line_.store(seen.line, std::memory_order_release);
    step_.store(step + 1, std::memory_order_release);
}

Activity::Seen Activity::Look() const noexcept {
    Seen seen;
    seen.step = step_.load(std::memory_order_acquire);
    seen.in_handler = in_handler_.load(std::memory_order_acquire);
    seen.client_id = client_id_.load(std::memory_order_acquire);
    seen.file = file_.load(std::memory_order_acquire);
    seen.line = line_.load(std::memory_order_acquire);
    return seen;
}

void WentOn(const Wait& wait) noexcept {
    if (Worker* const worker = Worker::Current()) worker->Doing().GoesOn(wait.place);
}

}  // namespace iocp::detail
