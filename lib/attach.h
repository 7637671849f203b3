// SPDX-License-Identifier: MIT
#pragma once

#include "detached.h"
#include "engine.h"

#include <functional>

namespace iocp::detail {

// Calls `attached` once `worker`'s engine serves the socket of a listener: what the system refuses now it may grant
// later. Not after a stop.
Detached AttachListener(Worker& worker, SocketHandle socket, SocketRole role, std::function<void()> attached);

}  // namespace iocp::detail
