// SPDX-License-Identifier: MIT
// What the hand-written servers have in common: a socket of 127.0.0.1, whose port they print.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>

namespace limit {

[[noreturn]] inline void Fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

// Accepted sockets inherit TCP_NODELAY.
inline int OpenSocket(int type) {
    const int opened = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    const int burst = 4 << 20;  // bytes, as many as the system allows
    if (type == SOCK_STREAM)
        setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    else
        setsockopt(opened, SOL_SOCKET, SO_RCVBUF, &burst, sizeof burst);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (opened < 0 || bind(opened, any, size) != 0 || (type == SOCK_STREAM && listen(opened, 4'096) != 0))
        Fail("listen");
    getsockname(opened, any, &size);
    std::printf("listening on %s 127.0.0.1:%d\n", type == SOCK_STREAM ? "tcp" : "udp", ntohs(address.sin_port));
    std::fflush(stdout);
    return opened;
}

}  // namespace limit
