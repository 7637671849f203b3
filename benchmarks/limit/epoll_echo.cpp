// SPDX-License-Identifier: MIT
// The least that an echo server on epoll can do: one thread, edges, one buffer for all, no layer. What it can't do:
// stop.
//   epoll_echo [udp]
#include "listening.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace {

using limit::Fail;

std::array<char, 64 << 10> buffer;

struct Connection {
    int socket;
    bool readable = false;
    std::string unsent{};  // nothing is read while there is any
};

void Close(Connection* connection) {
    close(connection->socket);
    delete connection;
}

// False: it is gone.
bool Send(Connection& connection, std::string_view bytes) {
    const auto sent = send(connection.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    const auto done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    if (done < bytes.size()) connection.unsent = bytes.substr(done);
    return true;
}

void OnReady(Connection* connection, std::uint32_t events) {
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) connection->readable = true;
    if (!connection->unsent.empty()) {
        const std::string unsent = std::exchange(connection->unsent, {});
        if (!Send(*connection, unsent)) return Close(connection);
    }
    while (connection->readable && connection->unsent.empty()) {
        const auto count = recv(connection->socket, buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EAGAIN) {
            connection->readable = false;
            return;
        }
        if (count <= 0) return Close(connection);
        const auto size = static_cast<std::size_t>(count);
        // Less than there is room for is all that there was. The end shows itself by an edge of its own.
        if (size < buffer.size() && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) connection->readable = false;
        if (!Send(*connection, {buffer.data(), size})) return Close(connection);
    }
}

void Accept(int listener, int epoll) {
    for (int accepted; (accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
        event.data.ptr = new Connection{accepted};
        epoll_ctl(epoll, EPOLL_CTL_ADD, accepted, &event);
    }
}

[[noreturn]] void ServeStreams() {
    const int listener = limit::OpenSocket(SOCK_STREAM);
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.ptr = nullptr;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) Fail("epoll_ctl");
    std::array<epoll_event, 256> events;
    for (;;) {
        const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const epoll_event& each = events[static_cast<std::size_t>(i)];
            if (each.data.ptr == nullptr)
                Accept(listener, epoll);
            else
                OnReady(static_cast<Connection*>(each.data.ptr), each.events);
        }
    }
}

[[noreturn]] void ServeDatagrams() {
    constexpr std::size_t kBatch = 64;
    constexpr std::size_t kLongest = 2'048;
    const int socket = limit::OpenSocket(SOCK_DGRAM);
    static std::array<std::array<char, kLongest>, kBatch> memory;
    std::array<sockaddr_storage, kBatch> peers;
    std::array<iovec, kBatch> parts;
    std::array<mmsghdr, kBatch> messages;
    for (;;) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            parts[i] = {memory[i].data(), kLongest};
            messages[i] = {};
            messages[i].msg_hdr.msg_name = &peers[i];
            messages[i].msg_hdr.msg_namelen = sizeof peers[i];
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        // Waits for the first as a blocking socket would.
        const int count = recvmmsg(socket, messages.data(), kBatch, MSG_WAITFORONE, nullptr);
        if (count < 0 && errno == EAGAIN) {
            epoll_event event{};
            static const int epoll = [&] {
                const int made = epoll_create1(EPOLL_CLOEXEC);
                epoll_event wish{};
                wish.events = EPOLLIN;
                if (epoll_ctl(made, EPOLL_CTL_ADD, socket, &wish) != 0) Fail("epoll_ctl");
                return made;
            }();
            epoll_wait(epoll, &event, 1, -1);
            continue;
        }
        if (count < 0) Fail("recvmmsg");
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) parts[i].iov_len = messages[i].msg_len;
        sendmmsg(socket, messages.data(), static_cast<unsigned>(count), 0);
    }
}

}  // namespace

int main(int count, char** words) {
    if (count > 1 && words[1] == std::string_view("udp")) ServeDatagrams();
    ServeStreams();
}
