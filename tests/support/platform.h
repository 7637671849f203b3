// SPDX-License-Identifier: MIT
// What tests ask of the platform that they run on; see the folders posix and windows.
#pragma once

#include <iocp/options.h>

#include <vector>

namespace iocp_test {

// The engines that the tests force, one after the other; chosen by the program that is linked.
[[nodiscard]] std::vector<iocp::EngineKind> EnginesUnderTest();

// Engines of other systems.
[[nodiscard]] std::vector<iocp::EngineKind> ForeignEngines();

// The native code of a connection that nobody listens for.
[[nodiscard]] int ConnectionRefusedCode();

// Does to this process what SIGTERM or Ctrl-C would do.
void RaiseTermination();

}  // namespace iocp_test
