// SPDX-License-Identifier: MIT
// Passes each connection on to another server, in both directions, ends included. It can tell that server who the
// client is (PROXY protocol, version 1 or 2), and believe such a header itself from those who are trusted:
//   proxy --to example.org:80 --send-proxy 2 --trust 10.0.0.1
#include "common/arguments.h"
#include "common/proxy_header.h"
#include "common/server_options.h"

#include <iocp/iocp.h>

#include <atomic>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

using namespace std::chrono_literals;

struct Settings {
    HostAndPort to{"127.0.0.1", 8'080};
    unsigned send_version = 0;  // of the header; 0: none
    TrustedRanges trusted;
};

class ProxyProtocol final : public IOCP_Protocol {
public:
    explicit ProxyProtocol(Settings settings) : settings_(std::move(settings)) {}

    void PrintTotals() const {
        std::cout << "totals: relayed " << relayed_ << ", not connected " << not_connected_ << ", bad headers "
                  << bad_headers_ << ", bytes " << forth_ << " forth, " << back_ << " back\n";
    }

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        Route route{client.Remote(), client.Local()};
        if (settings_.trusted.Contain(client.Remote())) {
            const bool believed = co_await ReadHeader(client, route).Within(5s);
            if (!believed) {
                ++bad_headers_;
                co_return;
            }
        }

        auto server = co_await iocp::Connect(settings_.to.host, settings_.to.port, {.within = 10s});
        if (!server) {
            ++not_connected_;
            co_return;
        }
        const std::string header = ProxyHeader(settings_.send_version, route);
        if (!header.empty() && !co_await server->Send(header)) co_return;

        const auto relayed = co_await iocp::Relay(client, *server);
        ++relayed_;
        forth_ += relayed.forth;
        back_ += relayed.back;
    }

    const Settings settings_;
    std::atomic<std::uint64_t> relayed_ = 0;
    std::atomic<std::uint64_t> not_connected_ = 0;
    std::atomic<std::uint64_t> bad_headers_ = 0;
    std::atomic<std::uint64_t> forth_ = 0;
    std::atomic<std::uint64_t> back_ = 0;
};

int main(int count, char** values) {
    ServerOptions options;
    Settings settings;
    Arguments arguments("proxy", "Passes TCP connections on to another server.");
    options.AddTo(arguments);
    arguments.Add("--to HOST:PORT", "the server", ToHostAndPort(settings.to));
    arguments.Add("--send-proxy V", "tells it who the client is: PROXY protocol 1 or 2; 0: no",
                  Number(settings.send_version, 0U, 2U));
    arguments.Add("--trust RANGES", "whose PROXY headers are believed, and demanded: \"10.0.0.0/8,::1\"",
                  ToRanges(settings.trusted));
    if (const auto exit_code = arguments.Read(count, values)) return *exit_code;

    const auto proxy = std::make_shared<ProxyProtocol>(std::move(settings));
    IOCP_CORE server({{options.port, 1, proxy, iocp::Transport::Tcp, options.address}}, options.core);
    if (!RunUntilCtrlC(server, options.workers)) return 1;
    proxy->PrintTotals();
}
