// SPDX-License-Identifier: MIT
#include "support/platform.h"

#include <cerrno>
#include <csignal>

namespace iocp_test {

std::vector<iocp::EngineKind> ForeignEngines() { return {iocp::EngineKind::Iocp}; }

int ConnectionRefusedCode() { return ECONNREFUSED; }

void RaiseTermination() { std::raise(SIGTERM); }

}  // namespace iocp_test
