// SPDX-License-Identifier: MIT
#include "heap.h"

#include <malloc.h>

namespace iocp::detail {

void ReturnFreeMemory() noexcept {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace iocp::detail
