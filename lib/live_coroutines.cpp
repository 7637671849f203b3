// SPDX-License-Identifier: MIT
#include <iocp/checks.h>

#ifdef IOCP_CORE_CHECKS

#include <atomic>

namespace iocp::detail {

namespace {

std::atomic<std::size_t> live_coroutines = 0;

}  // namespace

CountedCoroutine::CountedCoroutine() noexcept { live_coroutines.fetch_add(1, std::memory_order_relaxed); }

CountedCoroutine::~CountedCoroutine() { live_coroutines.fetch_sub(1, std::memory_order_relaxed); }

std::size_t LiveCoroutines() noexcept { return live_coroutines.load(std::memory_order_relaxed); }

}  // namespace iocp::detail

#endif
