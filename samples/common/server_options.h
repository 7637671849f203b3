// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.h"

#include <iocp/iocp.h>

#include <cstdint>
#include <string>

// The options that every server here has.
struct ServerOptions {
    void AddTo(Arguments& arguments);

    std::uint16_t port = 12345;
    std::string address = "127.0.0.1";
    unsigned workers = 0;
    iocp::Options core;
};

// Starts the server for the caller's loop to poll. False as below.
[[nodiscard]] bool StartPolledOrSayWhy(IOCP_CORE& server);

// Runs the server until Ctrl-C. False, with a sentence on standard error: it could not start.
[[nodiscard]] bool RunUntilCtrlC(IOCP_CORE& server, unsigned workers);
