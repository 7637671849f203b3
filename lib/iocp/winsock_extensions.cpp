// SPDX-License-Identifier: MIT
#include "winsock_extensions.h"

#include "socket.h"

#include <iocp/options.h>

namespace iocp::detail {

namespace {

template <class Function>
bool Load(SocketHandle socket, GUID name, Function& function) noexcept {
    DWORD size = 0;
    return WSAIoctl(socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &name, sizeof name, &function, sizeof function, &size,
                    nullptr, nullptr) == 0;
}

bool HasSystemHandles(SocketHandle socket) noexcept {
    WSAPROTOCOL_INFOW provider{};
    int size = sizeof provider;
    return getsockopt(socket, SOL_SOCKET, SO_PROTOCOL_INFOW, reinterpret_cast<char*>(&provider), &size) == 0 &&
           (provider.dwServiceFlags1 & XP1_IFS_HANDLES) != 0;
}

[[noreturn]] void Fail(int code) {
    throw StartError("Winsock offers no AcceptEx, ConnectEx or TransmitFile: " + DescribeNativeCode(code), code);
}

}  // namespace

WinsockExtensions LoadWinsockExtensions() {
    OpenedSocket asked = OpenStream(Endpoint::Family::V4);
    if (asked.socket == kNoSocket) asked = OpenStream(Endpoint::Family::V6);
    if (asked.socket == kNoSocket) Fail(asked.native_code);

    WinsockExtensions extensions;
    const bool loaded = Load(asked.socket, WSAID_ACCEPTEX, extensions.accept_ex) &&
                        Load(asked.socket, WSAID_GETACCEPTEXSOCKADDRS, extensions.get_accept_ex_sockaddrs) &&
                        Load(asked.socket, WSAID_CONNECTEX, extensions.connect_ex) &&
                        Load(asked.socket, WSAID_TRANSMITFILE, extensions.transmit_file);
    const int code = loaded ? 0 : WSAGetLastError();
    extensions.has_system_handles = HasSystemHandles(asked.socket);
    CloseSocket(asked.socket);
    if (!loaded) Fail(code);
    return extensions;
}

}  // namespace iocp::detail
