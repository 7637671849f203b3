// SPDX-License-Identifier: MIT
#include "socket.h"

#include "socket_address.h"
#include "socket_calls.h"

#include <array>
#include <mutex>
#include <utility>

namespace iocp::detail {

namespace {

constexpr int kDatagramBuffer = 4 << 20;  // bytes; what arrives in a burst while the worker is busy

// In mswsock.h and mstcpip.h of newer kits only.
constexpr DWORD kUdpConnReset = _WSAIOW(IOC_VENDOR, 12);  // SIO_UDP_CONNRESET
constexpr DWORD kUdpNetReset = _WSAIOW(IOC_VENDOR, 15);   // SIO_UDP_NETRESET

bool SetOption(SocketHandle socket, int level, int name, int value) noexcept {
    return setsockopt(socket, level, name, reinterpret_cast<const char*>(&value), sizeof value) == 0;
}

void SwitchOff(SocketHandle socket, DWORD report) noexcept {
    BOOL on = FALSE;
    DWORD returned = 0;
    WSAIoctl(socket, report, &on, sizeof on, nullptr, 0, &returned, nullptr, nullptr);
}

// An open socket, closed again unless it is released.
class Opening {
public:
    Opening(Endpoint::Family family, int type) noexcept
        : socket_(NewSocket(family == Endpoint::Family::V6 ? AF_INET6 : AF_INET, type)) {}
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;
    ~Opening() {
        if (socket_ != kNoSocket) CloseSocket(socket_);
    }

    [[nodiscard]] SocketHandle Get() const noexcept { return socket_; }
    [[nodiscard]] OpenedSocket Release() noexcept { return {std::exchange(socket_, kNoSocket), 0}; }

private:
    SocketHandle socket_;
};

OpenedSocket LastFailure() noexcept { return {kNoSocket, WSAGetLastError()}; }

// What an earlier datagram came to, as ICMP tells, must not end receiving. Older systems don't know the second of
// these.
bool PrepareDatagrams(SocketHandle socket) noexcept {
    SwitchOff(socket, kUdpConnReset);
    SwitchOff(socket, kUdpNetReset);
    SetOption(socket, SOL_SOCKET, SO_RCVBUF, kDatagramBuffer);
    return MakeNonBlocking(socket) == 0;
}

// Wine refuses a send on a socket while another thread sends on it, as if there were no room. So they take turns; two
// sockets may share one.
std::array<std::mutex, 16> turns;
std::mutex& TurnOf(SocketHandle socket) noexcept { return turns[socket / 4 % turns.size()]; }  // handles: 4, 8, 12...

bool Bind(SocketHandle socket, const Endpoint& endpoint) noexcept {
    sockaddr_storage address{};
    const int size = ToSystem(endpoint, address);
    return bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0;
}

}  // namespace

OpenedSocket OpenListening(const Endpoint& endpoint, Transport transport, bool both_families, int backlog) {
    const bool stream = transport == Transport::Tcp;
    Opening opening(endpoint.AddressFamily(), stream ? SOCK_STREAM : SOCK_DGRAM);
    const SocketHandle socket = opening.Get();
    if (socket == kNoSocket) return LastFailure();
    // Without it any other program could take the port away ("Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE").
    if (!SetOption(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1)) return LastFailure();
    const bool v6 = endpoint.AddressFamily() == Endpoint::Family::V6;
    if (v6 && !SetOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, both_families ? 0 : 1)) return LastFailure();
    if (!stream && !PrepareDatagrams(socket)) return LastFailure();
    if (!Bind(socket, endpoint)) return LastFailure();
    if (stream && listen(socket, backlog) != 0) return LastFailure();
    return opening.Release();
}

OpenedSocket OpenStream(Endpoint::Family family) {
    Opening opening(family, SOCK_STREAM);
    if (opening.Get() == kNoSocket) return LastFailure();
    SwitchNagleOff(opening.Get());
    return opening.Release();
}

SocketHandle NewSocket(int family, int type) noexcept {
    return WSASocketW(family, type, 0, nullptr, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
}

int MakeNonBlocking(SocketHandle socket) noexcept {
    u_long on = 1;
    return ioctlsocket(socket, static_cast<long>(FIONBIO), &on) == 0 ? 0 : WSAGetLastError();
}

void CloseSocket(SocketHandle socket) noexcept { closesocket(socket); }

void ResetSocket(SocketHandle socket) noexcept {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, reinterpret_cast<const char*>(&at_once), sizeof at_once);
    CloseSocket(socket);
}

void ShutdownSend(SocketHandle socket) noexcept { shutdown(socket, SD_SEND); }

void SwitchNagleOff(SocketHandle socket) noexcept { SetOption(socket, IPPROTO_TCP, TCP_NODELAY, 1); }

Endpoint LocalEndpoint(SocketHandle socket) noexcept {
    sockaddr_storage address{};
    int size = sizeof address;
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    return FromSystem(address);
}

void SendDatagramNow(IOCP_Operation& operation) noexcept {
    sockaddr_storage address{};
    const int size = ToSystem(operation.Far().endpoint, address);
    const std::lock_guard turn(TurnOf(operation.socket));
    const int sent = sendto(operation.socket, reinterpret_cast<const char*>(operation.data),
                            static_cast<int>(operation.size), 0, reinterpret_cast<const sockaddr*>(&address), size);
    const int code = sent < 0 ? WSAGetLastError() : 0;
    operation.native_code = code == WSAEWOULDBLOCK ? WSAENOBUFS : code;
    operation.transferred = sent < 0 ? 0 : static_cast<std::uint32_t>(sent);
}

// Handles are limited by memory only.
std::size_t DescriptorLimit(bool) noexcept { return 1'000'000; }

}  // namespace iocp::detail
