// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace iocp_test {

// Memory that is never used again: once it is given back, its pages are out of everybody's reach. A program that still
// uses them ends, and an operation of the kernel's fails with BadAddressCode; neither sanitizers nor valgrind see
// those. Whole pages for each piece, its end at the end of a page. From any thread.

// Aligned to 16 bytes; null where there is none.
[[nodiscard]] void* TakeFenced(std::size_t size) noexcept;

// What TakeFenced returned; anything else ends the program.
void Fence(void* memory) noexcept;

// How many bytes of pages have been given back.
[[nodiscard]] std::size_t FencedBytes() noexcept;

}  // namespace iocp_test
