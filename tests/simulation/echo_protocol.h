// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/iocp.h>

#include <vector>

class EchoProtocol final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv()) co_await client.Send(message);
    }
};

// Echoes, and notes how each client ended; for one worker, or the thread of a simulation.
class WatchfulProtocol final : public IOCP_Protocol {
public:
    std::vector<iocp::Outcome> ended;
    std::size_t deleted = 0;

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        auto message = co_await client.Recv();
        while (message) {
            co_await client.Send(message);
            message = co_await client.Recv();
        }
        ended.push_back(message.Why());
    }
    void DeleteClient(IOCP_Client&) override { ++deleted; }
};
