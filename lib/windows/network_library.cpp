// SPDX-License-Identifier: MIT
#include "socket.h"
#include "system_headers.h"

#include <iocp/options.h>

namespace iocp::detail {

NetworkLibrary::NetworkLibrary() {
    WSADATA offered;
    const int code = WSAStartup(MAKEWORD(2, 2), &offered);
    if (code != 0) throw StartError("Windows Sockets 2.2 cannot be used: " + DescribeNativeCode(code), code);
}

NetworkLibrary::~NetworkLibrary() { WSACleanup(); }

}  // namespace iocp::detail
