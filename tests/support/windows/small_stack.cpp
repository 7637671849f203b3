// SPDX-License-Identifier: MIT
#include "support/small_stack.h"

#include <windows.h>

#include <cstdlib>

namespace iocp_test {

namespace {

constexpr SIZE_T kSize = 256 << 10;

struct Call {
    int (*function)();
    int returned;
};

DWORD WINAPI Run(void* call) {
    static_cast<Call*>(call)->returned = static_cast<Call*>(call)->function();
    return 0;
}

}  // namespace

int OnSmallStack(int (*function)()) {
    Call call{function, 0};
    const HANDLE thread = CreateThread(nullptr, kSize, &Run, &call, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
    if (thread == nullptr) std::abort();
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    return call.returned;
}

}  // namespace iocp_test
