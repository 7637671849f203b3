// SPDX-License-Identifier: MIT
// A server inside an application's own loop: no thread is started, handlers run between two frames, and what they share
// with the application needs no lock. Here the application is a game that counts frames, and clients ask for the count.
#include "common/arguments.h"
#include "common/server_options.h"

#include <iocp/iocp.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

using namespace std::chrono_literals;

struct World {
    std::uint64_t frames = 0;
    std::uint64_t questions = 0;
};

volatile std::sig_atomic_t quit = 0;  // by a client, Ctrl-C or SIGTERM

// "frames" is answered with the number of frames so far; "quit" ends the application.
class QuestionProtocol final : public IOCP_Protocol {
public:
    explicit QuestionProtocol(World& world) : world_(world) {}

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (const auto line = co_await client.RecvLine(100)) {
            ++world_.questions;
            if (line.Text() == "quit") quit = 1;
            const std::string answer = line.Text() == "frames" ? std::to_string(world_.frames) : "?";
            co_await client.Send(answer + "\n");
        }
    }

    World& world_;
};

int main(int count, char** values) {
    ServerOptions options;
    std::uint64_t frames = 0;
    Arguments arguments("embed", "A game's loop that serves clients between its frames, 60 times a second.");
    options.AddTo(arguments);
    arguments.Add("--frames N", "ends after so many frames; 0: when a client says \"quit\"",
                  Number(frames, std::uint64_t{0}, std::uint64_t{1'000'000'000}));
    if (const auto exit_code = arguments.Read(count, values)) return *exit_code;

    World world;
    const auto protocol = std::make_shared<QuestionProtocol>(world);
    IOCP_CORE server({{options.port, 1, protocol, iocp::Transport::Tcp, options.address}}, options.core);
    if (!StartPolledOrSayWhy(server)) return 1;

    std::signal(SIGINT, [](int) { quit = 1; });
    std::signal(SIGTERM, [](int) { quit = 1; });
    auto next_frame = std::chrono::steady_clock::now();
    while (quit == 0 && (frames == 0 || world.frames < frames)) {
        next_frame += 16'667us;
        ++world.frames;  // the game's own work is here
        for (auto now = std::chrono::steady_clock::now(); now < next_frame; now = std::chrono::steady_clock::now())
            server.Poll(next_frame - now);
    }
    server.Stop();
    std::cout << "totals: frames " << world.frames << ", questions " << world.questions << '\n';
}
