// SPDX-License-Identifier: MIT
#include "core_state.h"

namespace iocp::detail {

void CoreState::Enter(const std::shared_ptr<IOCP_Client>& client) {
    const std::lock_guard lock(table_mutex_);
    table_.emplace(client->Id(), client);
}

void CoreState::Leave(IOCP_Client& client) noexcept {
    std::shared_ptr<IOCP_Client> last;  // outlives the lock: the client's destructor is user code
    const std::lock_guard lock(table_mutex_);
    const auto found = table_.find(client.Id());
    if (found == table_.end()) return;
    last = std::move(found->second);
    table_.erase(found);
}

std::shared_ptr<IOCP_Client> CoreState::FindClient(std::uint64_t id) const {
    const std::lock_guard lock(table_mutex_);
    const auto found = table_.find(id);
    return found != table_.end() ? found->second : nullptr;
}

std::vector<std::shared_ptr<IOCP_Client>> CoreState::Clients() const {
    const std::lock_guard lock(table_mutex_);
    std::vector<std::shared_ptr<IOCP_Client>> clients;
    clients.reserve(table_.size());
    for (const auto& [id, client] : table_) clients.push_back(client);
    return clients;
}

std::size_t CoreState::ClientCount() const noexcept {
    const std::lock_guard lock(table_mutex_);
    return table_.size();
}

}  // namespace iocp::detail
