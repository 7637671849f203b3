// SPDX-License-Identifier: MIT
// The echo of samples/echo.cpp on Boost.Asio's coroutines, for benchmarks/compile_time.
#include <array>
#include <exception>
#include <utility>  // first: Boost 1.74 forgets it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace asio = boost::asio;
using asio::ip::tcp;

asio::awaitable<void> Procedure(tcp::socket client) {
    try {
        std::array<char, 16'384> buffer;
        for (;;) {
            const auto size = co_await client.async_read_some(asio::buffer(buffer), asio::use_awaitable);
            co_await asio::async_write(client, asio::buffer(buffer, size), asio::use_awaitable);
        }
    } catch (const std::exception&) {
        // The peer has ended the connection.
    }
}

asio::awaitable<void> Accept() {
    const auto executor = co_await asio::this_coro::executor;
    tcp::acceptor acceptor(executor, {tcp::v6(), 12345});
    for (;;) {
        tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
        asio::co_spawn(executor, Procedure(std::move(client)), asio::detached);
    }
}

int main() {
    asio::thread_pool workers;
    asio::signal_set signals(workers, SIGINT, SIGTERM);
    signals.async_wait([&](const auto&, int) { workers.stop(); });
    asio::co_spawn(workers, Accept(), asio::detached);
    workers.join();
}
