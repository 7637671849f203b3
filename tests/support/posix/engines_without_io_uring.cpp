// SPDX-License-Identifier: MIT
#include "support/platform.h"

namespace iocp_test {

// For the runs in which the kernel refuses io_uring: what the library takes in its place.
std::vector<iocp::EngineKind> EnginesUnderTest() { return {iocp::EngineKind::Auto}; }

}  // namespace iocp_test
