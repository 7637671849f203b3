// SPDX-License-Identifier: MIT
#pragma once

#include "system_headers.h"

namespace iocp::detail {

// What the system said to a request: 0, WSA_IO_PENDING or the code of a failure; and how many bytes went at once.
struct Answer {
    int code = 0;
    DWORD bytes = 0;
};

}  // namespace iocp::detail
