// SPDX-License-Identifier: MIT
// What this engine asks of the kernel, by its own names, so that it builds with older headers; each with the kernel
// that brought it (io_uring_setup(2), io_uring_enter(2)). ProbeIoUring tries them all before the engine is chosen.
#pragma once

#include <cstdint>

namespace iocp::detail::kernel {

constexpr std::uint32_t kSingleIssuer = 1U << 12;  // 6.0: one thread submits
constexpr std::uint32_t kDeferTaskrun = 1U << 13;  // 6.1: completions are worked off when the worker waits, not before
constexpr std::uint16_t kPollFirst = 1U << 0;      // 5.19: a receive waits for data before it tries
// Rings of provided buffers: 5.19. A cancel that posts a completion only where it failed: 5.17.

}  // namespace iocp::detail::kernel
