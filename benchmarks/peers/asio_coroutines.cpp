// SPDX-License-Identifier: MIT
// Echo on Asio's coroutines, with one thread and without locks. BOOST_ASIO_HAS_IO_URING and
// BOOST_ASIO_DISABLE_EPOLL make it run on io_uring.
//   asio_coroutines [udp]
#include "asio_names.h"

#include <array>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

namespace {

// An io_context that runs on one thread needs no type-erased executor.
using Executor = asio::io_context::executor_type;
using Token = asio::use_awaitable_t<Executor>;
using Socket = Token::as_default_on_t<asio::basic_stream_socket<asio::ip::tcp, Executor>>;
using Acceptor = Token::as_default_on_t<asio::basic_socket_acceptor<asio::ip::tcp, Executor>>;
using DatagramSocket = Token::as_default_on_t<asio::basic_datagram_socket<asio::ip::udp, Executor>>;
using Coroutine = asio::awaitable<void, Executor>;

Coroutine Serve(Socket socket) {
    try {
        socket.set_option(asio::ip::tcp::no_delay(true));
        std::array<char, 32 << 10> buffer;
        for (;;) {
            const auto size = co_await socket.async_read_some(asio::buffer(buffer));
            co_await asio::async_write(socket, asio::buffer(buffer, size));
        }
    } catch (const std::exception&) {
        // The peer has ended the connection.
    }
}

Coroutine Accept(Acceptor acceptor) {
    for (;;) {
        Socket socket = co_await acceptor.async_accept();
        const auto executor = socket.get_executor();
        asio::co_spawn(executor, Serve(std::move(socket)), asio::detached);
    }
}

Coroutine Answer(DatagramSocket socket) {
    std::array<char, 64 << 10> buffer;
    for (;;) {
        asio::ip::udp::endpoint from;
        const auto size = co_await socket.async_receive_from(asio::buffer(buffer), from);
        co_await socket.async_send_to(asio::buffer(buffer, size), from);
    }
}

template <class Opened>
void Tell(const char* transport, const Opened& opened) {
    std::printf("listening on %s 127.0.0.1:%d\n", transport, opened.local_endpoint().port());
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** words) {
    asio::io_context context(kWithoutLocks);
    const auto loopback = asio::ip::address_v4::loopback();
    if (count > 1 && words[1] == std::string_view("udp")) {
        DatagramSocket socket(context.get_executor(), {loopback, 0});
        Tell("udp", socket);
        asio::co_spawn(context.get_executor(), Answer(std::move(socket)), asio::detached);
    } else {
        Acceptor acceptor(context.get_executor(), {loopback, 0});
        Tell("tcp", acceptor);
        asio::co_spawn(context.get_executor(), Accept(std::move(acceptor)), asio::detached);
    }
    context.run();
}
