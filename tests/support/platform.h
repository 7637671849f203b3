// SPDX-License-Identifier: MIT
// What tests ask of the platform that they run on; see the folders posix and windows.
#pragma once

#include <iocp/operation.h>
#include <iocp/options.h>

#include <cstddef>
#include <vector>

namespace iocp_test {

// The engines that the tests force, one after the other; chosen by the program that is linked.
[[nodiscard]] std::vector<iocp::EngineKind> EnginesUnderTest();

// What their cores begin with; chosen in the same way.
[[nodiscard]] iocp::Options OptionsUnderTest();

// Engines of other systems.
[[nodiscard]] std::vector<iocp::EngineKind> ForeignEngines();

// The native code of a connection that nobody listens for.
[[nodiscard]] int ConnectionRefusedCode();

// The native code of an operation whose memory the kernel could not use.
[[nodiscard]] int BadAddressCode();

// From now on the system takes a few KiB at a time to be sent from there.
void MakeSendBufferSmall(iocp::SocketHandle socket);

// Does to this process, and to no other, what SIGTERM or Ctrl-C would do.
void RaiseTermination();

// Descriptors, or handles, that this process has open.
[[nodiscard]] std::size_t OpenDescriptors();

// How many of them the language's run-time may open at any time and keep: for a lock, when threads first meet there.
[[nodiscard]] std::size_t LateDescriptors();

// Those that a program which this process starts would have open too.
[[nodiscard]] std::size_t InheritableDescriptors();

// Bytes of memory that this process occupies.
[[nodiscard]] std::size_t ResidentBytes();

}  // namespace iocp_test
