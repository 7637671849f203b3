// SPDX-License-Identifier: MIT
#include "support/platform.h"

#include <winsock2.h>
// after winsock2.h
#include <windows.h>

#include <algorithm>
#include <stdexcept>

namespace iocp_test {

namespace {

// What no header declares, or not with all its values.
template <class Function>
Function* ExportOf(const wchar_t* module, const char* name) {
    return reinterpret_cast<Function*>(reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(module), name)));
}

using QuerySystem = LONG WINAPI(int what, void* answer, ULONG size, ULONG* needed);
constexpr int kAllHandles = 64;  // SystemExtendedHandleInformation
constexpr LONG kTooLittleRoom = static_cast<LONG>(0xC0000004);

struct HandleRecord {
    void* object;
    ULONG_PTR process;
    ULONG_PTR handle;
    ULONG access;
    USHORT trace;
    USHORT type;
    ULONG attributes;
    ULONG reserved;
};

struct AllHandles {
    ULONG_PTR count;
    ULONG_PTR reserved;
    HandleRecord first;
};

}  // namespace

std::vector<iocp::EngineKind> ForeignEngines() { return {iocp::EngineKind::IoUring, iocp::EngineKind::Epoll}; }

int ConnectionRefusedCode() { return WSAECONNREFUSED; }

// The routine that the system runs in a process for Ctrl-C. To raise the event itself needs a console, and would reach
// every process of it.
void RaiseTermination() {
    using Routine = DWORD WINAPI(void* event);
    const auto routine = ExportOf<Routine>(L"kernelbase.dll", "CtrlRoutine");
    CloseHandle(CreateThread(nullptr, 0, routine, nullptr, 0, nullptr));  // CTRL_C_EVENT is 0
}

// GetProcessHandleCount would be simpler, but Wine answers 0.
std::size_t OpenDescriptors() {
    const auto query = ExportOf<QuerySystem>(L"ntdll.dll", "NtQuerySystemInformation");
    std::vector<std::byte> answer(std::size_t{1} << 20);
    LONG status = kTooLittleRoom;
    while ((status = query(kAllHandles, answer.data(), static_cast<ULONG>(answer.size()), nullptr)) == kTooLittleRoom)
        answer.resize(2 * answer.size());
    if (status != 0) throw std::runtime_error("the system does not tell the handles of this process");
    const auto& handles = *reinterpret_cast<const AllHandles*>(answer.data());
    return static_cast<std::size_t>(
        std::count_if(&handles.first, &handles.first + handles.count,
                      [own = GetCurrentProcessId()](const HandleRecord& record) { return record.process == own; }));
}

std::size_t LateDescriptors() { return 8; }

}  // namespace iocp_test
