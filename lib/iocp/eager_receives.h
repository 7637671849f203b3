// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/operation.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace iocp::detail {

// Receives that wait with memory: the system puts the bytes there, and no further call fetches them. Memory is for
// clients that talk. Who has not talked for a period of time or two is asked to wait without.
class EagerReceives {
public:
    explicit EagerReceives(std::size_t most) : most_(most) { waiting_.reserve(most); }

    [[nodiscard]] bool HasRoom() const noexcept { return waiting_.size() < most_; }
    void Add(IOCP_Operation& receive) noexcept;
    void Remove(IOCP_Operation& receive) noexcept;

    // How long a Wait may take, so that the silent are asked in time.
    [[nodiscard]] std::chrono::nanoseconds Limit(std::chrono::nanoseconds timeout) const noexcept;

    // Cancels the receives of those who are silent, where a period has ended.
    void CancelSilent() noexcept;

private:
    struct Waiting {
        IOCP_Operation* receive;
        bool silent;  // since the last period
    };

    const std::size_t most_;
    std::vector<Waiting> waiting_;
    std::uint64_t period_end_ = 0;  // milliseconds
};

}  // namespace iocp::detail
