// SPDX-License-Identifier: MIT
// The PROXY protocol: the line or the binary header in front of a connection that tells whose it was at first.
// https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt
#pragma once

#include "arguments.h"

#include <iocp/iocp.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

struct Route {
    iocp::Endpoint from;
    iocp::Endpoint to;
};

// Reads a header of either version into `route`, which a header that names nobody leaves as it is. False: there is
// none, or a wrong one.
[[nodiscard]] iocp::Task<bool> ReadHeader(IOCP_Client& client, Route& route);

// The header for `route`; empty for version 0.
[[nodiscard]] std::string ProxyHeader(unsigned version, const Route& route);

// Ranges of addresses, as "10.0.0.0/8" and "::1".
class TrustedRanges {
public:
    // False where `text` is no range.
    [[nodiscard]] bool Add(std::string_view text);

    [[nodiscard]] bool Contain(const iocp::Endpoint& endpoint) const;

private:
    struct Range {
        iocp::Endpoint base;
        unsigned bits;
    };
    std::vector<Range> ranges_;
};

struct HostAndPort {
    std::string host;
    std::uint16_t port;
};

// "example.org:80" or "[::1]:80".
[[nodiscard]] Arguments::Value ToHostAndPort(HostAndPort& into);

// Ranges with commas between them.
[[nodiscard]] Arguments::Value ToRanges(TrustedRanges& into);
