// SPDX-License-Identifier: MIT
// Echo on libuv: what can be sent at once is, and one buffer serves all.
//   libuv [udp]
#include <netinet/in.h>
#include <uv.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

std::array<char, 64 << 10> buffer;

void Allocate(uv_handle_t*, std::size_t, uv_buf_t* lent) {
    *lent = uv_buf_init(buffer.data(), static_cast<unsigned>(buffer.size()));
}

uv_stream_t* StreamOf(uv_tcp_t* connection) { return reinterpret_cast<uv_stream_t*>(connection); }

void Close(uv_stream_t* connection) {
    uv_close(reinterpret_cast<uv_handle_t*>(connection),
             [](uv_handle_t* closed) { delete reinterpret_cast<uv_tcp_t*>(closed); });
}

struct Rest {
    uv_write_t request{};
    std::string bytes;
};

void OnRead(uv_stream_t* connection, ssize_t size, const uv_buf_t* read) {
    if (size < 0) return Close(connection);
    uv_buf_t bytes = uv_buf_init(read->base, static_cast<unsigned>(size));
    const int sent = uv_try_write(connection, &bytes, 1);
    if (sent < 0 && sent != UV_EAGAIN) return Close(connection);
    const auto done = static_cast<std::size_t>(sent < 0 ? 0 : sent);
    if (done == static_cast<std::size_t>(size)) return;
    auto* const rest = new Rest{.bytes = std::string(read->base + done, static_cast<std::size_t>(size) - done)};
    rest->request.data = rest;
    bytes = uv_buf_init(rest->bytes.data(), static_cast<unsigned>(rest->bytes.size()));
    uv_write(&rest->request, connection, &bytes, 1,
             [](uv_write_t* written, int) { delete static_cast<Rest*>(written->data); });
}

void OnConnection(uv_stream_t* listener, int) {
    auto* const connection = new uv_tcp_t;
    uv_tcp_init(listener->loop, connection);
    uv_accept(listener, StreamOf(connection));
    uv_tcp_nodelay(connection, 1);
    uv_read_start(StreamOf(connection), Allocate, OnRead);
}

void OnDatagram(uv_udp_t* socket, ssize_t size, const uv_buf_t* read, const sockaddr* from, unsigned) {
    if (from == nullptr || size < 0) return;
    const uv_buf_t bytes = uv_buf_init(read->base, static_cast<unsigned>(size));
    uv_udp_try_send(socket, &bytes, 1, from);
}

void Tell(const char* transport, const sockaddr_in& address) {
    std::printf("listening on %s 127.0.0.1:%d\n", transport, ntohs(address.sin_port));
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) {
    uv_loop_t* const loop = uv_default_loop();
    sockaddr_in address{};
    uv_ip4_addr("127.0.0.1", 0, &address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    int size = sizeof address;
    uv_tcp_t listener;
    uv_udp_t socket;
    if (count > 1 && words[1] == std::string_view("udp")) {
        uv_udp_init(loop, &socket);
        if (uv_udp_bind(&socket, any, 0) != 0) return 1;
        uv_udp_recv_start(&socket, Allocate, OnDatagram);
        uv_udp_getsockname(&socket, any, &size);
        Tell("udp", address);
    } else {
        uv_tcp_init(loop, &listener);
        if (uv_tcp_bind(&listener, any, 0) != 0) return 1;
        if (uv_listen(StreamOf(&listener), 4'096, OnConnection) != 0) return 1;
        uv_tcp_getsockname(&listener, any, &size);
        Tell("tcp", address);
    }
    uv_run(loop, UV_RUN_DEFAULT);
}
