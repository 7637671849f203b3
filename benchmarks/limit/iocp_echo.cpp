// SPDX-License-Identifier: MIT
// The least that an echo server on a completion port can do: one thread, one port, many packets for each wait, and none
// where a request ended at once. A receive reads into the connection's own memory; what was read is sent whole. It
// begins when the others have been served: by then its bytes may be there. What it can't do: stop.
#include <winsock2.h>
// after winsock2.h
#include <mswsock.h>
#include <windows.h>
#include <ws2tcpip.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace {

constexpr DWORD kAddressSize = sizeof(sockaddr_in) + 16;  // as AcceptEx demands

// The packet of a request leads to its OVERLAPPED, and so to what begins with it.
struct Connection : OVERLAPPED {
    explicit Connection(SOCKET accepted) : OVERLAPPED{}, socket(accepted) {}

    SOCKET socket;
    bool sending = false;
    std::array<char, 16 << 10> memory{};
};

struct Listener : OVERLAPPED {
    SOCKET socket = INVALID_SOCKET;
    SOCKET accepted = INVALID_SOCKET;
    std::array<char, 2 * kAddressSize> addresses{};
};

HANDLE port;
std::vector<Connection*> put_off;  // each to receive when the others have had their turn
Listener listener;

[[noreturn]] void Fail(const char* what) {
    std::fprintf(stderr, "%s: error %d\n", what, static_cast<int>(GetLastError()));
    std::exit(1);
}

HANDLE HandleOf(SOCKET socket) { return reinterpret_cast<HANDLE>(socket); }

SOCKET NewSocket() { return WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, nullptr, 0, WSA_FLAG_OVERLAPPED); }

void Close(Connection* connection) {
    closesocket(connection->socket);
    delete connection;
}

void OnEnded(Connection* connection, DWORD bytes);

void Start(Connection* connection, DWORD size) {
    static_cast<OVERLAPPED&>(*connection) = {};
    WSABUF memory{size, connection->memory.data()};
    DWORD bytes = 0;
    DWORD flags = 0;
    const int returned = connection->sending
                             ? WSASend(connection->socket, &memory, 1, &bytes, 0, connection, nullptr)
                             : WSARecv(connection->socket, &memory, 1, &bytes, &flags, connection, nullptr);
    if (returned == 0)
        OnEnded(connection, bytes);
    else if (WSAGetLastError() != WSA_IO_PENDING)
        Close(connection);
}

// A request of the connection has ended: the other kind is next.
void OnEnded(Connection* connection, DWORD bytes) {
    if (bytes == 0) {
        Close(connection);
        return;
    }
    connection->sending = !connection->sending;
    if (connection->sending)
        Start(connection, bytes);
    else
        put_off.push_back(connection);
}

void Accept() {
    static_cast<OVERLAPPED&>(listener) = {};
    listener.accepted = NewSocket();
    DWORD bytes = 0;
    if (!AcceptEx(listener.socket, listener.accepted, listener.addresses.data(), 0, kAddressSize, kAddressSize, &bytes,
                  &listener) &&
        WSAGetLastError() != WSA_IO_PENDING)
        Fail("AcceptEx");
}

void OnAccepted() {
    const SOCKET accepted = listener.accepted;
    constexpr BOOL kOn = TRUE;
    setsockopt(accepted, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, reinterpret_cast<const char*>(&listener.socket),
               sizeof listener.socket);
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, reinterpret_cast<const char*>(&kOn), sizeof kOn);
    CreateIoCompletionPort(HandleOf(accepted), port, 0, 0);
    SetFileCompletionNotificationModes(HandleOf(accepted),
                                       FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE);
    auto* const connection = new Connection(accepted);
    connection->sending = true;  // as if something had been sent: a receive is next
    OnEnded(connection, 1);
    Accept();
}

void Listen() {
    listener.socket = NewSocket();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener.socket, any, size) != 0 || listen(listener.socket, SOMAXCONN) != 0) Fail("listen");
    CreateIoCompletionPort(HandleOf(listener.socket), port, 0, 0);
    getsockname(listener.socket, any, &size);
    std::printf("listening on tcp 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
}

}  // namespace

int main() {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) Fail("WSAStartup");
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
    Listen();
    Accept();
    for (;;) {
        for (Connection* each : std::exchange(put_off, {})) Start(each, static_cast<DWORD>(each->memory.size()));
        std::array<OVERLAPPED_ENTRY, 128> packets;
        ULONG count = 0;
        const DWORD timeout = put_off.empty() ? INFINITE : 0;
        if (!GetQueuedCompletionStatusEx(port, packets.data(), static_cast<ULONG>(packets.size()), &count, timeout,
                                         FALSE))
            count = 0;
        for (ULONG i = 0; i < count; ++i) {
            OVERLAPPED* const ended = packets[i].lpOverlapped;
            const bool failed = static_cast<LONG>(ended->Internal) < 0;
            if (ended != &listener)
                OnEnded(static_cast<Connection*>(ended), failed ? 0 : packets[i].dwNumberOfBytesTransferred);
            else
                OnAccepted();
        }
    }
}
