// SPDX-License-Identifier: MIT
#include "ring_entries.h"

#include "kernel_features.h"
#include "provided_buffers.h"
#include "socket_address.h"

#include <poll.h>

#include <cstring>

namespace iocp::detail {

namespace {

// What the kernel reads and writes of an operation that names another end.
using AddressPart = sockaddr_storage;
struct MessagePart {
    msghdr message;
    iovec memory;
    sockaddr_in6 from;
};
static_assert(sizeof(AddressPart) <= sizeof(IOCP_Operation::FarEnd::kernel));
static_assert(sizeof(MessagePart) <= sizeof(IOCP_Operation::FarEnd::kernel));

void PrepareConnect(io_uring_sqe* entry, IOCP_Operation& operation) {
    auto& address = *::new (operation.Far().kernel) AddressPart{};
    const int size = ToSystem(operation.Far().endpoint, address);
    io_uring_prep_connect(entry, static_cast<int>(operation.socket), reinterpret_cast<sockaddr*>(&address),
                          static_cast<socklen_t>(size));
}

void PrepareRecvFrom(io_uring_sqe* entry, IOCP_Operation& operation) {
    auto& part = *::new (operation.Far().kernel) MessagePart{};
    part.memory = {operation.data, operation.size};
    part.message.msg_name = &part.from;
    part.message.msg_namelen = sizeof part.from;
    part.message.msg_iov = &part.memory;
    part.message.msg_iovlen = 1;
    io_uring_prep_recvmsg(entry, static_cast<int>(operation.socket), &part.message, 0);
    entry->ioprio |= kernel::kPollFirst;
}

// The ring only tells when the socket is ready.
void PrepareWatch(io_uring_sqe* entry, IOCP_Operation& operation, unsigned events) noexcept {
    io_uring_prep_poll_add(entry, static_cast<int>(operation.socket), events);
    io_uring_sqe_set_data(entry, &operation);
}

}  // namespace

bool IsWatched(const IOCP_Operation& operation) noexcept {
    return operation.bulk || operation.kind == IOCP_Operation::Kind::Accept ||
           operation.kind == IOCP_Operation::Kind::SendFile;
}

void Prepare(io_uring_sqe* entry, IOCP_Operation& operation) noexcept {
    const int descriptor = static_cast<int>(operation.socket);
    switch (operation.kind) {
        case IOCP_Operation::Kind::Accept:
            // A ring's own accept makes a socket before it looks for a client, and once more when one has come.
            return PrepareWatch(entry, operation, POLLIN);
        case IOCP_Operation::Kind::Connect: PrepareConnect(entry, operation); break;
        case IOCP_Operation::Kind::Recv:
            if (operation.bulk) return PrepareWatch(entry, operation, POLLIN);
            io_uring_prep_recv(entry, descriptor, operation.data, operation.size, 0);
            entry->ioprio |= kernel::kPollFirst;
            break;
        case IOCP_Operation::Kind::RecvLent:
            if (operation.bulk) return PrepareWatch(entry, operation, POLLIN);
            io_uring_prep_recv(entry, descriptor, nullptr, 0, 0);
            entry->ioprio |= kernel::kPollFirst;
            entry->flags |= IOSQE_BUFFER_SELECT;
            entry->buf_group = ProvidedBuffers::kGroup;
            break;
        case IOCP_Operation::Kind::RecvFrom: PrepareRecvFrom(entry, operation); break;
        case IOCP_Operation::Kind::Send:
            io_uring_prep_send(entry, descriptor, operation.data, operation.size, MSG_NOSIGNAL | MSG_WAITALL);
            break;
        case IOCP_Operation::Kind::SendFile:
            // No ring takes a sendfile(2), and a splice through a pipe would hold one of the kernel's threads for as
            // long as the peer does not read.
            return PrepareWatch(entry, operation, POLLOUT);
        case IOCP_Operation::Kind::SendTo: break;  // never gets here
    }
    io_uring_sqe_set_data(entry, &operation);
}

void TakeSender(IOCP_Operation& operation) noexcept {
    if (operation.kind != IOCP_Operation::Kind::RecvFrom) return;
    const auto& part = *reinterpret_cast<const MessagePart*>(operation.Far().kernel);
    operation.truncated = (part.message.msg_flags & MSG_TRUNC) != 0;
    sockaddr_storage from{};
    std::memcpy(&from, &part.from, sizeof part.from);
    operation.Far().endpoint = FromSystem(from);
}

}  // namespace iocp::detail
