// SPDX-License-Identifier: MIT
// The proxy of proxy_protocol.h as a server:
//   proxy --to example.org:80 --send-proxy 2 --trust 10.0.0.1
#include "common/arguments.h"
#include "common/server_options.h"
#include "proxy_protocol.h"

#include <iostream>
#include <memory>

int main(int count, char** values) {
    ServerOptions options;
    ProxySettings settings;
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

    const ProxyTotals& totals = proxy->Totals();
    std::cout << "totals: relayed " << totals.relayed << ", not connected " << totals.not_connected << ", bad headers "
              << totals.bad_headers << ", bytes " << totals.forth << " forth, " << totals.back << " back\n";
}
