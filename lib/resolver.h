// SPDX-License-Identifier: MIT
#pragma once

#include "network.h"

#include <iocp/offload.h>

#include <cstdint>
#include <memory>
#include <string>

namespace iocp::detail {

// Asks the system's resolver, and waits for it as long as it takes.
[[nodiscard]] Network::Resolved ResolveHost(const std::string& host, std::uint16_t port);

// A lookup on a thread of its own that nobody waits for: the system's resolver can't be interrupted. `network` must
// outlive it.
[[nodiscard]] std::shared_ptr<JobFor<Network::Resolved>> LookUp(Network& network, std::string host, std::uint16_t port);

}  // namespace iocp::detail
