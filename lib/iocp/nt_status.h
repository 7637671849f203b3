// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace iocp::detail {

// The Winsock code for an NTSTATUS that ended an operation of a socket; 0 for success. Winsock itself would only tell
// for a socket that is still open.
[[nodiscard]] int NativeCodeOf(std::uint32_t status) noexcept;

}  // namespace iocp::detail
