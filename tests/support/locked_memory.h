// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/options.h>

#include <cstddef>

namespace iocp_test {

// From now on this thread, and threads that it makes, may lock no more than `bytes`, even as root: rings count. False:
// the system does not allow it.
[[nodiscard]] bool LimitLockedMemory(std::size_t bytes);

// Until there is room for a ring with `options`: the system counts those of programs that have ended for a while.
// False: there is none within half a minute.
[[nodiscard]] bool AwaitRoomForARing(const iocp::Options& options);

// Root's programs count for nothing unless they waive their right to lock memory; of any other user all rings of all
// programs count together, those of tests that run meanwhile too.
[[nodiscard]] bool CountsAlone();

}  // namespace iocp_test
