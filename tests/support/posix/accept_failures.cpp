// SPDX-License-Identifier: MIT
#include "support/faults.h"

#include <cerrno>

namespace iocp_test {

// accept(2), ERRORS.
const std::vector<int>& AcceptFailures() {
    static const std::vector<int> codes{EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EPROTO, EPERM, EINTR, ENETDOWN};
    return codes;
}

}  // namespace iocp_test
