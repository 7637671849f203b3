// SPDX-License-Identifier: MIT
#pragma once

#include "engine.h"

#include <vector>

namespace iocp::detail {

class SimulatedNetwork;

// The engine of a worker in a simulation. It never waits: its crew gives the worker a turn when there is something to
// do. What has ended is yielded in random order, and not always all at once.
class SimulatedEngine final : public Engine {
public:
    SimulatedEngine(SimulatedNetwork& network, BufferPool& buffers) noexcept : network_(network), buffers_(buffers) {}

    // By sockets: an operation has ended.
    void End(IOCP_Operation& operation) { ended_.push_back(&operation); }
    [[nodiscard]] BufferPool& Buffers() const noexcept { return buffers_; }

    [[nodiscard]] bool HasWork() const noexcept { return woken_ || !ended_.empty(); }

    [[nodiscard]] std::string_view Name() const noexcept override { return "simulated"; }
    [[nodiscard]] int Attach(SocketHandle socket, SocketRole role) noexcept override;
    void Close(SocketHandle socket) noexcept override;
    [[nodiscard]] Submission Submit(IOCP_Operation& operation) noexcept override;
    void Cancel(IOCP_Operation& operation) noexcept override;
    void Wake() noexcept override { woken_ = true; }
    void Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override;

private:
    SimulatedNetwork& network_;
    BufferPool& buffers_;
    std::vector<IOCP_Operation*> ended_;
    bool woken_ = false;
};

}  // namespace iocp::detail
