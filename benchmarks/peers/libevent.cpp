// SPDX-License-Identifier: MIT
// Echo on libevent's plain events, which are faster than its buffered ones, with one buffer for all.
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>

namespace {

std::array<char, 64 << 10> buffer;

struct Connection {
    int socket;
    event* readable = nullptr;
    event* writable = nullptr;
    std::string unsent{};  // nothing is read while there is any

    ~Connection() {
        event_free(readable);
        event_free(writable);
        close(socket);
    }
};

// Yields how many bytes the socket took; -1: it is gone.
ssize_t Send(int socket, const char* bytes, std::size_t size) {
    const auto sent = send(socket, bytes, size, MSG_NOSIGNAL);
    return sent < 0 && errno == EAGAIN ? 0 : sent;
}

void OnReadable(evutil_socket_t socket, short, void* argument) {
    auto* const connection = static_cast<Connection*>(argument);
    const auto size = recv(socket, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    const auto sent = size > 0 ? Send(socket, buffer.data(), static_cast<std::size_t>(size)) : -1;
    if (sent < 0) {
        delete connection;
    } else if (sent < size) {
        connection->unsent.assign(buffer.data() + sent, static_cast<std::size_t>(size - sent));
        event_del(connection->readable);
        event_add(connection->writable, nullptr);
    }
}

void OnWritable(evutil_socket_t socket, short, void* argument) {
    auto* const connection = static_cast<Connection*>(argument);
    const auto sent = Send(socket, connection->unsent.data(), connection->unsent.size());
    if (sent < 0) {
        delete connection;
        return;
    }
    connection->unsent.erase(0, static_cast<std::size_t>(sent));
    if (!connection->unsent.empty()) return;
    event_del(connection->writable);
    event_add(connection->readable, nullptr);
}

void OnAccepted(evconnlistener* listener, evutil_socket_t socket, sockaddr*, int, void*) {
    event_base* const base = evconnlistener_get_base(listener);
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto* const connection = new Connection{socket};
    connection->readable = event_new(base, socket, EV_READ | EV_PERSIST, OnReadable, connection);
    connection->writable = event_new(base, socket, EV_WRITE | EV_PERSIST, OnWritable, connection);
    event_add(connection->readable, nullptr);
}

}  // namespace

int main() {
    event_base* const base = event_base_new();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    evconnlistener* const listener =
        evconnlistener_new_bind(base, OnAccepted, nullptr, LEV_OPT_CLOSE_ON_FREE, 4'096, any, sizeof address);
    if (listener == nullptr) return 1;
    socklen_t size = sizeof address;
    getsockname(evconnlistener_get_fd(listener), any, &size);
    std::printf("listening on tcp 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    event_base_dispatch(base);
}
