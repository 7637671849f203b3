// SPDX-License-Identifier: MIT
// A store in memory that speaks the protocol of Redis (RESP 2): try it with redis-cli -p 12345, or redis-benchmark.
// Commands may come in a pipeline; what came together is answered together.
#include "common/arguments.h"
#include "common/resp.h"
#include "common/server_options.h"
#include "common/store.h"

#include <iocp/iocp.h>

#include <atomic>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

class RespProtocol final : public IOCP_Protocol {
public:
    std::atomic<std::uint64_t> commands = 0;

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        CommandReader reader;
        bool quit = false;
        while (const auto message = co_await client.Recv()) {
            reader.Add(message.Text());
            std::string replies;
            while (!quit && reader.Next()) {
                replies += store_.Answer(reader.Words());
                quit = Upper(reader.Words()[0]) == "QUIT";
                ++commands;
            }
            if (reader.IsWrong()) replies += Error("Protocol error");
            if (!replies.empty() && !co_await client.Send(replies)) co_return;
            if (quit || reader.IsWrong()) co_return;
        }
    }

    Store store_;
};

int main(int count, char** values) {
    ServerOptions options;
    Arguments arguments("resp_store", "A store in memory that speaks the protocol of Redis.");
    options.AddTo(arguments);
    if (const auto exit_code = arguments.Read(count, values)) return *exit_code;

    const auto resp = std::make_shared<RespProtocol>();
    IOCP_CORE server({{options.port, 1, resp, iocp::Transport::Tcp, options.address}}, options.core);
    if (!RunUntilCtrlC(server, options.workers)) return 1;
    std::cout << "totals: commands " << resp->commands << '\n';
}
