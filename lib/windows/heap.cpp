// SPDX-License-Identifier: MIT
#include "heap.h"

#include <malloc.h>

namespace iocp::detail {

void ReturnFreeMemory() noexcept { _heapmin(); }

}  // namespace iocp::detail
