// SPDX-License-Identifier: MIT
#include "server_options.h"

#include <iostream>

void ServerOptions::AddTo(Arguments& arguments) {
    arguments.Add("--port N", "port to listen on; 0: the system chooses", Number<std::uint16_t>(port, 0, 65'535));
    arguments.Add("--address A", "address to listen on; * is all of them", ListenAddress(address));
    arguments.Add("--workers N", "threads; 0: one for each processor", Number(workers, 0U, 256U));
    arguments.Add("--engine E", "auto, iocp, io_uring or epoll", Engine(core.engine));
}

namespace {

// False where `start` says why it can't.
template <class Start>
bool Try(Start start) {
    try {
        start();
        return true;
    } catch (const iocp::StartError& error) {
        std::cerr << error.what() << '\n';
        return false;
    }
}

}  // namespace

bool StartPolledOrSayWhy(IOCP_CORE& server) {
    return Try([&server] { server.StartPolled(); });
}

bool RunUntilCtrlC(IOCP_CORE& server, unsigned workers) {
    return Try([&server, workers] { server.Run(workers); });
}
