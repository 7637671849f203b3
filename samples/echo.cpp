// SPDX-License-Identifier: MIT
#include <iocp/iocp.h>

class EchoProtocol final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv())
            co_await client.Send(message);
    }
};

int main() {
    IOCP_CORE server({{12345, 1, std::make_shared<EchoProtocol>()}});  // port, protocol id, protocol
    server.Run();                                                      // until Ctrl-C or Stop()
}
