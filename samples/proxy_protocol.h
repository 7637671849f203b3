// SPDX-License-Identifier: MIT
// Passes each connection on to another server, in both directions, ends included. It can tell that server who the
// client is (PROXY protocol, version 1 or 2), and believe such a header itself from those who are trusted.
#pragma once

#include "common/proxy_header.h"

#include <iocp/iocp.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

struct ProxySettings {
    HostAndPort to{"127.0.0.1", 8'080};
    unsigned send_version = 0;  // of the header; 0: none
    TrustedRanges trusted;
};

// How often things happened; workers count together.
struct ProxyTotals {
    std::atomic<std::uint64_t> relayed = 0;
    std::atomic<std::uint64_t> not_connected = 0;
    std::atomic<std::uint64_t> bad_headers = 0;
    std::atomic<std::uint64_t> forth = 0;  // bytes, from clients to the server
    std::atomic<std::uint64_t> back = 0;
};

class ProxyProtocol final : public IOCP_Protocol {
public:
    explicit ProxyProtocol(ProxySettings settings) : settings_(std::move(settings)) {}

    [[nodiscard]] const ProxyTotals& Totals() const { return totals_; }

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        Route route{client.Remote(), client.Local()};
        if (settings_.trusted.Contain(client.Remote())) {
            const auto believed = co_await ReadHeader(client, route).Within(kHeaderWithin);
            if (!believed || !*believed) {
                ++totals_.bad_headers;
                co_return;
            }
        }

        auto server = co_await iocp::Connect(settings_.to.host, settings_.to.port, {.within = kConnectWithin});
        if (!server) {
            ++totals_.not_connected;
            co_return;
        }
        const std::string header = ProxyHeader(settings_.send_version, route);
        if (!header.empty() && !co_await server->Send(header)) co_return;

        const auto relayed = co_await iocp::Relay(client, *server);
        ++totals_.relayed;
        totals_.forth += relayed.forth;
        totals_.back += relayed.back;
    }

    static constexpr std::chrono::seconds kHeaderWithin{5};
    static constexpr std::chrono::seconds kConnectWithin{10};

    const ProxySettings settings_;
    ProxyTotals totals_;
};
