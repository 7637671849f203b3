// SPDX-License-Identifier: MIT
#pragma once

namespace iocp::detail {

// Gives memory that the heap holds and nobody uses back to the system, where the platform's heap does not do so by
// itself. May take milliseconds, for which other threads may have to wait. From any thread.
void ReturnFreeMemory() noexcept;

}  // namespace iocp::detail
