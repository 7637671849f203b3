// SPDX-License-Identifier: MIT
// Pages of memory; see the folders posix and windows. Whole pages of 4096 bytes.
#pragma once

#include <cstddef>

namespace iocp_test {

// Addresses without memory; null where there are none.
[[nodiscard]] std::byte* ReservePages(std::size_t bytes) noexcept;

// Gives them memory; and takes it away again: whoever touches them then fails.
[[nodiscard]] bool OpenPages(std::byte* pages, std::size_t bytes) noexcept;
[[nodiscard]] bool ClosePages(std::byte* pages, std::size_t bytes) noexcept;

}  // namespace iocp_test
