// SPDX-License-Identifier: MIT
#pragma once

namespace iocp_test {

// Runs `function` on a thread whose stack is so small that no recursion per step of a long loop fits in; yields what it
// returned.
int OnSmallStack(int (*function)());

}  // namespace iocp_test
