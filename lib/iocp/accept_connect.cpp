// SPDX-License-Identifier: MIT
#include "accept_connect.h"

#include "socket.h"
#include "socket_address.h"
#include "socket_calls.h"

#include <cstring>
#include <utility>

namespace iocp::detail {

namespace {

// What the system writes of an Accept.
struct AcceptPart {
    static constexpr DWORD kAddressSize = sizeof(sockaddr_in6) + 16;  // as AcceptEx demands
    std::byte addresses[2 * kAddressSize];
};
static_assert(sizeof(AcceptPart) <= sizeof(IOCP_Operation::FarEnd::kernel));

}  // namespace

Answer StartAccept(IOCP_Operation& operation, const WinsockExtensions& extensions) noexcept {
    sockaddr_storage local{};
    int size = sizeof local;
    if (getsockname(operation.socket, reinterpret_cast<sockaddr*>(&local), &size) != 0) return {WSAGetLastError()};
    operation.Far().accepted = NewSocket(local.ss_family, SOCK_STREAM);
    if (operation.Far().accepted == kNoSocket) return {WSAGetLastError()};

    // No receive length: a client that sends nothing would hold the accept.
    auto& part = *::new (operation.Far().kernel) AcceptPart{};
    DWORD bytes = 0;
    return {CodeOfBool(extensions.accept_ex(operation.socket, operation.Far().accepted, part.addresses, 0,
                                            AcceptPart::kAddressSize, AcceptPart::kAddressSize, &bytes,
                                            NewOverlapped(operation)))};
}

void FinishAccept(IOCP_Operation& operation, const WinsockExtensions& extensions) noexcept {
    if (operation.native_code == 0)
        operation.native_code =
            CodeOf(setsockopt(operation.Far().accepted, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                              reinterpret_cast<const char*>(&operation.socket), sizeof operation.socket));
    if (operation.native_code != 0) {
        if (operation.Far().accepted != kNoSocket) CloseSocket(std::exchange(operation.Far().accepted, kNoSocket));
        return;
    }
    SwitchNagleOff(operation.Far().accepted);
    sockaddr* local = nullptr;
    sockaddr* remote = nullptr;
    int local_size = 0;
    int remote_size = 0;
    extensions.get_accept_ex_sockaddrs(reinterpret_cast<AcceptPart*>(operation.Far().kernel)->addresses, 0,
                                       AcceptPart::kAddressSize, AcceptPart::kAddressSize, &local, &local_size, &remote,
                                       &remote_size);
    sockaddr_storage address{};
    std::memcpy(&address, remote, static_cast<std::size_t>(remote_size));
    operation.Far().endpoint = FromSystem(address);
}

Answer StartConnect(IOCP_Operation& operation, LPFN_CONNECTEX connect_ex) noexcept {
    // ConnectEx wants a socket that is bound.
    sockaddr_storage address{};
    int size = ToSystem(Endpoint(operation.Far().endpoint.AddressFamily(), {}, 0), address);
    const int bound = CodeOf(bind(operation.socket, reinterpret_cast<const sockaddr*>(&address), size));
    if (bound != 0 && bound != WSAEINVAL) return {bound};  // WSAEINVAL: it is bound already

    size = ToSystem(operation.Far().endpoint, address);
    return {CodeOfBool(connect_ex(operation.socket, reinterpret_cast<const sockaddr*>(&address), size, nullptr, 0,
                                  nullptr, NewOverlapped(operation)))};
}

void FinishConnect(IOCP_Operation& operation) noexcept {
    if (operation.native_code != 0) return;
    operation.native_code = CodeOf(setsockopt(operation.socket, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, nullptr, 0));
}

}  // namespace iocp::detail
