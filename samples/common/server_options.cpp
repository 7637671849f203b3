// SPDX-License-Identifier: MIT
#include "server_options.h"

#include <iostream>

void ServerOptions::AddTo(Arguments& arguments) {
    arguments.Add("--port N", "port to listen on; 0: the system chooses", Number<std::uint16_t>(port, 0, 65'535));
    arguments.Add("--address A", "address to listen on; * is all of them", ListenAddress(address));
    arguments.Add("--workers N", "threads; 0: one for each processor", Number(workers, 0U, 256U));
    arguments.Add("--engine E", "auto, iocp, io_uring or epoll", Engine(core.engine));
}

bool RunUntilCtrlC(IOCP_CORE& server, unsigned workers) {
    try {
        server.Run(workers);
        return true;
    } catch (const iocp::StartError& error) {
        std::cerr << error.what() << '\n';
        return false;
    }
}
