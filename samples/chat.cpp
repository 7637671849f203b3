// SPDX-License-Identifier: MIT
// The chat of chat_protocol.h as a server. Try it with several "nc 127.0.0.1 12345". Who reads too slowly is cut off.
#include "chat_protocol.h"
#include "common/arguments.h"
#include "common/server_options.h"

#include <iostream>
#include <memory>

int main(int count, char** values) {
    ServerOptions options;
    std::size_t queue = 256 << 10;
    Arguments arguments("chat", "A chat over lines of text: say a name, then talk. /join ROOM goes elsewhere.");
    options.AddTo(arguments);
    arguments.Add("--queue BYTES", "what may wait for a slow reader before it is cut off",
                  Number(queue, std::size_t{1'024}, std::size_t{1} << 30));
    if (const auto exit_code = arguments.Read(count, values)) return *exit_code;

    iocp::Listener listener(options.port, 1, std::make_shared<ChatProtocol>(), iocp::Transport::Tcp, options.address);
    listener.max_posted_bytes = queue;
    listener.on_full = iocp::OnFull::Disconnect;
    IOCP_CORE server({listener}, options.core);
    if (!RunUntilCtrlC(server, options.workers)) return 1;

    const auto counters = server.Counters();
    std::cout << "totals: clients " << counters.clients_accepted << ", cut off " << counters.slow_clients_closed
              << '\n';
}
