// SPDX-License-Identifier: MIT
#include "support/faults.h"

#include <winsock2.h>

namespace iocp_test {

// AcceptEx function, "Return value"; and WSAEINVAL, which Wine gives where handles are short.
const std::vector<int>& AcceptFailures() {
    static const std::vector<int> codes{WSAEMFILE, WSAENOBUFS, WSAECONNRESET, WSAEINVAL, ERROR_NETNAME_DELETED};
    return codes;
}

}  // namespace iocp_test
