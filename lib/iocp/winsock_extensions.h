// SPDX-License-Identifier: MIT
#pragma once

#include "system_headers.h"

namespace iocp::detail {

// What the provider of TCP offers beyond the Winsock library; a socket of it has to be asked.
struct WinsockExtensions {
    LPFN_ACCEPTEX accept_ex = nullptr;
    LPFN_GETACCEPTEXSOCKADDRS get_accept_ex_sockaddrs = nullptr;
    LPFN_CONNECTEX connect_ex = nullptr;
    LPFN_TRANSMITFILE transmit_file = nullptr;

    // Its sockets are the system's own handles. Of others a completion packet may follow, or not, whatever was agreed
    // on (SetFileCompletionNotificationModes, Remarks).
    bool has_system_handles = false;
};

// Throws StartError.
[[nodiscard]] WinsockExtensions LoadWinsockExtensions();

}  // namespace iocp::detail
