// SPDX-License-Identifier: MIT
#include <iocp/room.h>

namespace iocp {

Room::Seat Room::Join(IOCP_Client& client) {
    const std::lock_guard lock(mutex_);
    return {*this, members_.insert(members_.end(), client.shared_from_this())};
}

std::size_t Room::Post(const SharedBytes& bytes) {
    const std::lock_guard lock(mutex_);  // held throughout, so that all members see one order
    std::size_t queued = 0;
    for (const auto& member : members_) queued += member->Post(bytes) ? 1U : 0U;
    return queued;
}

std::size_t Room::PostToOthers(const IOCP_Client& one, const SharedBytes& bytes) {
    const std::lock_guard lock(mutex_);
    std::size_t queued = 0;
    for (const auto& member : members_)
        if (member.get() != &one) queued += member->Post(bytes) ? 1U : 0U;
    return queued;
}

std::size_t Room::Size() const {
    const std::lock_guard lock(mutex_);
    return members_.size();
}

void Room::Leave(Members::iterator place) {
    Members left;  // what this is the last owner of ends outside the lock
    const std::lock_guard lock(mutex_);
    left.splice(left.begin(), members_, place);
}

}  // namespace iocp
