// SPDX-License-Identifier: MIT
#include "outbox.h"

#include "core_state.h"

#include <string>
#include <utility>

namespace iocp::detail {

Outbox& Outbox::Closed() noexcept {
    static Outbox closed(nullptr, {});
    return closed;
}

Outbox::Verdict Outbox::Post(SharedBytes bytes) {
    Verdict verdict;
    const std::lock_guard lock(mutex_);
    if (closed_ || disconnected_) {  // behind what was dropped nothing comes: the peer must not see a gap
        verdict.result = Result(Outcome::Closed);
        return verdict;
    }
    MakeRoom(verdict, bytes.size());
    if (!verdict.result) return verdict;
    queued_bytes_ += bytes.size();
    queue_.push_back(std::move(bytes));
    verdict.begin = !std::exchange(emptying_, true);
    return verdict;
}

void Outbox::MakeRoom(Verdict& verdict, std::size_t size) {
    while (limits_.on_full == OnFull::DropOldest && queued_bytes_ + size > limits_.most_bytes && !queue_.empty()) {
        queued_bytes_ -= queue_.front().size();
        queue_.pop_front();
        ++counters_->posts_dropped;
    }
    if (queued_bytes_ + size <= limits_.most_bytes) return;
    verdict.result = Result(Outcome::Full);
    ++counters_->posts_dropped;
    if (limits_.on_full != OnFull::Disconnect) return;
    disconnected_ = true;
    verdict.disconnect = true;
    ++counters_->slow_clients_closed;
}

bool Outbox::Take(SharedBytes& bytes, bool join) {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) {
        emptying_ = false;
        return false;
    }
    bytes = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= bytes.size();
    if (!join || queue_.empty() || bytes.size() + queue_.front().size() > kJoined) return true;

    std::string joined(bytes.Text());
    while (!queue_.empty() && joined.size() + queue_.front().size() <= kJoined) {
        joined += queue_.front().Text();
        queued_bytes_ -= queue_.front().size();
        queue_.pop_front();
    }
    bytes = SharedBytes(std::move(joined));
    return true;
}

void Outbox::Close() noexcept {
    std::list<SharedBytes> forgotten;  // freed outside the lock
    const std::lock_guard lock(mutex_);
    closed_ = true;
    queued_bytes_ = 0;
    forgotten.swap(queue_);
}

}  // namespace iocp::detail
