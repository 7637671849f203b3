// SPDX-License-Identifier: MIT
// What an operation is in the entries of a ring.
#pragma once

#include <iocp/operation.h>

#include <liburing.h>

namespace iocp::detail {

// The ring only tells when the operation's socket is ready; then it is a call of our own that does it.
[[nodiscard]] bool IsWatched(const IOCP_Operation& operation) noexcept;

// An entry of the submission queue.
void Prepare(io_uring_sqe* entry, IOCP_Operation& operation) noexcept;

// Of a RecvFrom that worked, the rest of its result, beside code and count.
void TakeSender(IOCP_Operation& operation) noexcept;

}  // namespace iocp::detail
