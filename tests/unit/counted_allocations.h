// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>

namespace iocp_test {

// How often the program has called operator new, in all threads.
extern std::atomic<std::size_t> allocations;

}  // namespace iocp_test
