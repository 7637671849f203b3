// SPDX-License-Identifier: MIT
#pragma once

#include "system_headers.h"

#include <iocp/operation.h>

#include <new>

namespace iocp::detail {

// What the system said to a request: 0, WSA_IO_PENDING or the code of a failure; and how many bytes went at once.
struct Answer {
    int code = 0;
    DWORD bytes = 0;
};

// What `returned` means, of a function of Winsock, and of one of the system.
inline int CodeOf(int returned) noexcept { return returned == 0 ? 0 : WSAGetLastError(); }
inline int CodeOfBool(BOOL returned) noexcept { return returned ? 0 : WSAGetLastError(); }

inline OVERLAPPED* NewOverlapped(IOCP_Operation& operation) noexcept { return ::new (operation.kernel) OVERLAPPED{}; }

}  // namespace iocp::detail
