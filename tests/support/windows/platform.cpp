// SPDX-License-Identifier: MIT
#include "support/platform.h"

#include <winsock2.h>
// after winsock2.h
#include <windows.h>
// after windows.h
#include <psapi.h>

#include <algorithm>
#include <cstdint>

namespace iocp_test {

std::vector<iocp::EngineKind> ForeignEngines() { return {iocp::EngineKind::IoUring, iocp::EngineKind::Epoll}; }

int ConnectionRefusedCode() { return WSAECONNREFUSED; }

int BadAddressCode() { return WSAEFAULT; }

void MakeSendBufferSmall(iocp::SocketHandle socket) {
    const int bytes = 4096;
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, reinterpret_cast<const char*>(&bytes), sizeof bytes);
}

// The routine that the system runs in a process for Ctrl-C. To raise the event itself needs a console, and would reach
// every process of it.
void RaiseTermination() {
    using Routine = DWORD WINAPI(void* event);  // declared in no header
    const auto routine = reinterpret_cast<Routine*>(
        reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"kernelbase.dll"), "CtrlRoutine")));
    CloseHandle(CreateThread(nullptr, 0, routine, nullptr, 0, nullptr));  // CTRL_C_EVENT is 0
}

namespace {

// GetProcessHandleCount would be simpler, but Wine answers 0; and to ask for the handles of all processes
// (SystemExtendedHandleInformation) ends Wine's server now and then, and every program with it. So each is tried.
std::size_t HandlesWith(DWORD wanted) {
    constexpr std::uintptr_t kStep = 4;
    constexpr std::uintptr_t kMost = 1 << 16;  // 16,383 handles are enough here
    constexpr std::uintptr_t kGap = 1 << 14;   // the lowest free one is given out: nothing is behind so many free ones
    std::size_t count = 0;
    std::uintptr_t last = 0;
    for (std::uintptr_t handle = kStep; handle < std::min(kMost, last + kGap); handle += kStep) {
        DWORD flags = 0;
        if (!GetHandleInformation(reinterpret_cast<HANDLE>(handle), &flags)) continue;
        if ((flags & wanted) == wanted) ++count;
        last = handle;
    }
    return count;
}

}  // namespace

std::size_t OpenDescriptors() { return HandlesWith(0); }

std::size_t InheritableDescriptors() { return HandlesWith(HANDLE_FLAG_INHERIT); }

std::size_t ResidentBytes() {
    PROCESS_MEMORY_COUNTERS counters{};
    K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters);
    return counters.WorkingSetSize;
}

// In a thousand starts and stops up to nine appear, the last of them long before the end.
std::size_t LateDescriptors() { return 16; }

}  // namespace iocp_test
