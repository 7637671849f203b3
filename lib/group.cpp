// SPDX-License-Identifier: MIT
#include <iocp/group.h>

#include <algorithm>

namespace iocp::detail {

bool RunningGroup::Start(std::span<Branch> branches, std::coroutine_handle<> waiter, Scope* parent) {
    branches_ = branches;
    waiter_ = waiter;
    for (std::size_t i = 0; i < branches.size(); ++i) {
        Branch& branch = branches[i];
        if (decided_) {
            branch.promise->MayGo();
            continue;
        }
        branch.scope.emplace(parent);
        branch.running = true;
        ++running_;
        if (!branch.promise->Start(branch.coroutine, waiter, &*branch.scope, this)) HasEnded(i);
    }
    starting_ = false;
    return running_ > 0;
}

void RunningGroup::OnEnded(TaskPromiseBase& task) noexcept {
    const auto ended =
        std::find_if(branches_.begin(), branches_.end(), [&](const Branch& branch) { return branch.promise == &task; });
    HasEnded(static_cast<std::size_t>(ended - branches_.begin()));
    if (running_ == 0 && !starting_) waiter_.resume();
}

void RunningGroup::HasEnded(std::size_t index) noexcept {
    Branch& ended = branches_[index];
    ended.running = false;
    --running_;
    if (first_ == kNone) first_ = index;
    if (!failure_) failure_ = ended.promise->Exception();
    if (decided_ || (!first_decides_ && !failure_)) return;
    decided_ = true;
    for (Branch& branch : branches_)
        if (branch.running) branch.scope->End(Outcome::Stopped);
}

}  // namespace iocp::detail
