// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>

namespace iocp_test {

// How often the program has called operator new, in all threads.
extern std::atomic<std::size_t> allocations;

// What it got and has not given back.
extern std::atomic<std::size_t> pieces_in_use;

}  // namespace iocp_test
