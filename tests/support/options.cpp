// SPDX-License-Identifier: MIT
#include "support/platform.h"

namespace iocp_test {

iocp::Options OptionsUnderTest() { return {}; }

}  // namespace iocp_test
