// SPDX-License-Identifier: MIT
// An evening at the proxy of samples/proxy_protocol.h: visitors ask something of a server behind it, and either side
// ends in order or not.
#pragma once

#include "samples/proxy_protocol.h"
#include "stage.h"

#include <functional>

using MakeProxy = std::function<std::shared_ptr<IOCP_Protocol>(ProxySettings settings)>;

// `make` makes the sample's protocol, or one that claims to behave like it.
[[nodiscard]] Evening ProxyEvening(iocp::Simulation& sim, Random& chance, const MakeProxy& make,
                                   std::size_t most_visitors);

// Hangs up on both sides when one has ended.
[[nodiscard]] std::shared_ptr<IOCP_Protocol> MakeHastyProxy(ProxySettings settings);
