// SPDX-License-Identifier: MIT
#include "support/platform.h"

namespace iocp_test {

// Each by name: where the kernel refuses io_uring its tests fail, and nothing runs on epoll in its place.
std::vector<iocp::EngineKind> EnginesUnderTest() { return {iocp::EngineKind::IoUring, iocp::EngineKind::Epoll}; }

}  // namespace iocp_test
