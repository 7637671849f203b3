// SPDX-License-Identifier: MIT
// The least that an echo server on io_uring can do: one thread, one ring, one system call for each turn. A receive
// waits for readiness first and reads into the connection's own memory; what was read is sent whole. What it can't do:
// stop.
#include "listening.h"

#include <liburing.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace {

using limit::Fail;

constexpr unsigned kEntries = 1'024;

struct Connection {
    int socket;
    bool sending = false;
    std::array<char, 16 << 10> memory{};
};

io_uring ring;

io_uring_sqe& NextEntry() {
    io_uring_sqe* entry = io_uring_get_sqe(&ring);
    while (entry == nullptr) {
        io_uring_submit(&ring);
        entry = io_uring_get_sqe(&ring);
    }
    return *entry;
}

void Receive(Connection& connection) {
    io_uring_sqe& entry = NextEntry();
    io_uring_prep_recv(&entry, connection.socket, connection.memory.data(), connection.memory.size(), 0);
    entry.ioprio |= IORING_RECVSEND_POLL_FIRST;
    io_uring_sqe_set_data(&entry, &connection);
    connection.sending = false;
}

void Send(Connection& connection, std::size_t size) {
    io_uring_sqe& entry = NextEntry();
    io_uring_prep_send(&entry, connection.socket, connection.memory.data(), size, MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_sqe_set_data(&entry, &connection);
    connection.sending = true;
}

void Accept(int listener) {
    io_uring_sqe& entry = NextEntry();
    io_uring_prep_multishot_accept(&entry, listener, nullptr, nullptr, SOCK_CLOEXEC);
    io_uring_sqe_set_data(&entry, nullptr);
}

void OnEnded(Connection* connection, int result) {
    if (result <= 0) {
        close(connection->socket);
        delete connection;
    } else if (connection->sending) {
        Receive(*connection);
    } else {
        Send(*connection, static_cast<std::size_t>(result));
    }
}

}  // namespace

int main() {
    const int listener = limit::OpenSocket(SOCK_STREAM);
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
    parameters.cq_entries = 32 * kEntries;
    if (const int code = io_uring_queue_init_params(kEntries, &ring, &parameters); code < 0) {
        errno = -code;
        Fail("io_uring_queue_init");
    }
    Accept(listener);
    for (;;) {
        io_uring_submit_and_wait(&ring, 1);
        io_uring_cqe* completion = nullptr;
        unsigned head = 0;
        unsigned count = 0;
        io_uring_for_each_cqe(&ring, head, completion) {
            ++count;
            auto* const connection = static_cast<Connection*>(io_uring_cqe_get_data(completion));
            if (connection != nullptr) {
                OnEnded(connection, completion->res);
                continue;
            }
            if (completion->res >= 0) Receive(*new Connection{completion->res});
            if ((completion->flags & IORING_CQE_F_MORE) == 0) Accept(listener);
        }
        io_uring_cq_advance(&ring, count);
    }
}
