// SPDX-License-Identifier: MIT
#include "support/platform.h"

namespace iocp_test {

std::vector<iocp::EngineKind> EnginesUnderTest() { return {iocp::EngineKind::Iocp}; }

}  // namespace iocp_test
