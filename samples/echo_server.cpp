// SPDX-License-Identifier: MIT
// Sends back what each client sends, over TCP and UDP, and tells at the end how much it was.
#include "common/arguments.h"
#include "common/server_options.h"

#include <iocp/iocp.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>

// A TCP connection, or a UDP peer. Only its own handler touches it, so its state needs no lock.
struct EchoClient final : IOCP_Client {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
};

class EchoProtocol final : public iocp::ProtocolFor<EchoClient> {
public:
    void PrintTotals() const {
        std::cout << "totals: clients " << clients_ << ", messages " << messages_ << ", bytes " << bytes_ << '\n';
    }

private:
    iocp::Task<> ProcedureClient(EchoClient& client) override {
        while (auto message = co_await client.Recv()) {
            if (!co_await client.Send(message)) continue;  // if that was the end, the next Recv says so
            ++client.messages;
            client.bytes += message.size();
        }
    }

    // After the handler. Here clients of all workers meet.
    void DeleteClient(EchoClient& client) override {
        ++clients_;
        messages_ += client.messages;
        bytes_ += client.bytes;
    }

    std::atomic<std::uint64_t> clients_ = 0;
    std::atomic<std::uint64_t> messages_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
};

int main(int count, char** values) {
    ServerOptions options;
    Arguments arguments("echo_server", "Sends back what each TCP and UDP client sends, until Ctrl-C.");
    options.AddTo(arguments);
    unsigned spin = 0;
    arguments.Add("--spin US", "microseconds that a thread looks for more before it sleeps",
                  Number(spin, 0U, 1'000'000U));
    if (const auto exit_code = arguments.Read(count, values)) return *exit_code;
    options.core.spin = std::chrono::microseconds(spin);

    const auto echo = std::make_shared<EchoProtocol>();
    const iocp::Listener tcp(options.port, 1, echo, iocp::Transport::Tcp, options.address);
    const iocp::Listener udp(options.port, 2, echo, iocp::Transport::Udp, options.address);
    IOCP_CORE server({tcp, udp}, options.core);
    if (!RunUntilCtrlC(server, options.workers)) return 1;
    echo->PrintTotals();
}
