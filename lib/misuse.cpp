// SPDX-License-Identifier: MIT
#include "misuse.h"

#include <cstdio>
#include <exception>

namespace iocp::detail {

void Misuse(std::string_view sentence) noexcept {
    std::fprintf(stderr, "iocp_core: misuse: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
    std::fflush(stderr);
    std::terminate();
}

}  // namespace iocp::detail
