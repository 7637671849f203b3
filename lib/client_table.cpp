// SPDX-License-Identifier: MIT
#include "core_state.h"
#include "heap.h"
#include "worker.h"

#include <algorithm>
#include <utility>

namespace iocp::detail {

namespace {

constexpr std::size_t kPeak = 256;  // what fewer clients leave behind is no burden

}  // namespace

void CoreState::Enter(IOCP_Client& client) {
    const std::lock_guard lock(table_mutex_);
    table_.insert(&client);
}

void CoreState::Leave(IOCP_Client& client) noexcept {
    const std::lock_guard lock(table_mutex_);
    table_.erase(&client);
}

std::shared_ptr<IOCP_Client> CoreState::FindClient(std::uint64_t id) const {
    const std::lock_guard lock(table_mutex_);
    const auto found = table_.find(id);
    return found != table_.end() ? (*found)->shared_from_this() : nullptr;
}

std::vector<std::shared_ptr<IOCP_Client>> CoreState::Clients() const {
    const std::lock_guard lock(table_mutex_);
    std::vector<std::shared_ptr<IOCP_Client>> clients;
    clients.reserve(table_.size());
    for (IOCP_Client* const client : table_) clients.push_back(client->shared_from_this());
    return clients;
}

std::size_t CoreState::ClientCount() const noexcept {
    const std::lock_guard lock(table_mutex_);
    return table_.size();
}

// With one tick the workers give to the heap what they keep, with the next the heap gives it to the system.
void CoreState::ReturnMemoryAfterPeak() {
    if (std::exchange(spares_dropped_, false)) return ReturnFreeMemory();
    const std::size_t clients = ClientCount();
    const bool are_leaving = clients < std::exchange(last_count_, clients);
    peak_ = std::max(peak_, clients);
    if (peak_ < kPeak || clients > peak_ / 4 || are_leaving) return;
    peak_ = clients;
    spares_dropped_ = true;
    {
        const std::lock_guard lock(table_mutex_);
        table_.rehash(0);
    }
    const std::lock_guard lock(mutex_);
    for (const auto& worker : workers_) worker->DropSpares();
}

}  // namespace iocp::detail
