// SPDX-License-Identifier: MIT
#include "support/platform.h"

#include <winsock2.h>
// after winsock2.h
#include <windows.h>

namespace iocp_test {

std::vector<iocp::EngineKind> ForeignEngines() { return {iocp::EngineKind::IoUring, iocp::EngineKind::Epoll}; }

int ConnectionRefusedCode() { return WSAECONNREFUSED; }

void RaiseTermination() { GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0); }

}  // namespace iocp_test
