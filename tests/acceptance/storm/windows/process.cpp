// SPDX-License-Identifier: MIT
#include "storm.h"

#include <windows.h>

namespace storm {

std::size_t OpenDescriptors() {
    DWORD count = 0;
    GetProcessHandleCount(GetCurrentProcess(), &count);
    return count;
}

void RaiseTermination() { GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0); }

}  // namespace storm
