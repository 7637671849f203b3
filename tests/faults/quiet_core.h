// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/iocp.h>

#include <chrono>

namespace iocp_test {

// Says nothing of its start and of its handlers' errors, and stops at once.
class QuietCore final : public IOCP_CORE {
public:
    using IOCP_CORE::IOCP_CORE;
    ~QuietCore() override { Stop(std::chrono::milliseconds(0)); }

private:
    void OnStart() override {}
    void OnError(const iocp::HandlerError&) noexcept override {}
};

}  // namespace iocp_test
