// SPDX-License-Identifier: MIT
// Between Endpoint and the system's own address structures. Includes system headers: only for engines and platforms.
#pragma once

#include "system_headers.h"  // of lib/posix or lib/windows

#include <iocp/endpoint.h>

namespace iocp::detail {

// Writes `endpoint` to `storage`; yields how many bytes of it count.
int ToSystem(const Endpoint& endpoint, sockaddr_storage& storage) noexcept;

// An IPv4 address mapped into IPv6 comes back as IPv4.
[[nodiscard]] Endpoint FromSystem(const sockaddr_storage& storage) noexcept;

}  // namespace iocp::detail
