// SPDX-License-Identifier: MIT
// Echo on Asio's callbacks, with one thread and without locks.
#include "asio_names.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <utility>

namespace {

using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

class Session {
public:
    explicit Session(Socket socket) : socket_(std::move(socket)) { socket_.set_option(asio::ip::tcp::no_delay(true)); }

    // The operation under way owns the session.
    static void Read(std::unique_ptr<Session> self) {
        Session& session = *self;
        session.socket_.async_read_some(asio::buffer(session.buffer_),
                                        [self = std::move(self)](const Code& code, std::size_t size) mutable {
                                            if (!code) Write(std::move(self), size);
                                        });
    }

private:
    static void Write(std::unique_ptr<Session> self, std::size_t size) {
        Session& session = *self;
        asio::async_write(session.socket_, asio::buffer(session.buffer_, size),
                          [self = std::move(self)](const Code& code, std::size_t) mutable {
                              if (!code) Read(std::move(self));
                          });
    }

    Socket socket_;
    std::array<char, 32 << 10> buffer_;
};

void Accept(Acceptor& acceptor) {
    acceptor.async_accept([&acceptor](const Code& code, Socket socket) {
        if (!code) Session::Read(std::make_unique<Session>(std::move(socket)));
        Accept(acceptor);
    });
}

}  // namespace

int main() {
    asio::io_context context(kWithoutLocks);
    Acceptor acceptor(context.get_executor(), {asio::ip::address_v4::loopback(), 0});
    std::printf("listening on tcp 127.0.0.1:%d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    Accept(acceptor);
    context.run();
}
