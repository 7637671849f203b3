// SPDX-License-Identifier: MIT
#pragma once

namespace iocp::detail {

// Whether pools hand out again what came back to them. Where they do not, it returns to the heap at once, and a heap
// that fences what it gets back shows who uses it too late: see tests/quarantine.
#ifdef IOCP_CORE_QUARANTINE
inline constexpr bool kRecycles = false;
#else
inline constexpr bool kRecycles = true;
#endif

// The same for the frames of coroutines, which a sanitizer of addresses is to watch too.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kRecyclesFrames = false;
#elif defined(__has_feature)
inline constexpr bool kRecyclesFrames = kRecycles && !__has_feature(address_sanitizer);
#else
inline constexpr bool kRecyclesFrames = kRecycles;
#endif

}  // namespace iocp::detail
