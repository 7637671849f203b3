// SPDX-License-Identifier: MIT
#include "nt_status.h"

#include "system_headers.h"

#include <algorithm>
#include <array>

namespace iocp::detail {

namespace {

struct Meaning {
    std::uint32_t status;
    int code;
};

// Of the values in [MS-ERREF] 2.3.1 those that sockets end with. The system's own translation gives Win32 codes, and
// one code for several of these.
constexpr std::array kMeanings{
    Meaning{0x80000005, WSAEMSGSIZE},            // STATUS_BUFFER_OVERFLOW
    Meaning{0x8000000A, WSA_OPERATION_ABORTED},  // STATUS_HANDLES_CLOSED
    Meaning{0xC0000005, WSAEFAULT},              // STATUS_ACCESS_VIOLATION
    Meaning{0xC0000008, WSA_OPERATION_ABORTED},  // STATUS_INVALID_HANDLE
    Meaning{0xC0000024, WSA_OPERATION_ABORTED},  // STATUS_OBJECT_TYPE_MISMATCH
    Meaning{0xC000009A, WSAENOBUFS},             // STATUS_INSUFFICIENT_RESOURCES
    Meaning{0xC00000A1, WSAENOBUFS},             // STATUS_WORKING_SET_QUOTA
    Meaning{0xC00000B5, WSAETIMEDOUT},           // STATUS_IO_TIMEOUT
    Meaning{0xC0000120, WSA_OPERATION_ABORTED},  // STATUS_CANCELLED
    Meaning{0xC000013B, WSAECONNABORTED},        // STATUS_LOCAL_DISCONNECT
    Meaning{0xC000013C, WSAECONNRESET},          // STATUS_REMOTE_DISCONNECT
    Meaning{0xC000013E, WSAECONNRESET},          // STATUS_LINK_FAILED
    Meaning{0xC0000207, WSAEADDRNOTAVAIL},       // STATUS_INVALID_ADDRESS_COMPONENT
    Meaning{0xC0000209, WSAENOBUFS},             // STATUS_TOO_MANY_ADDRESSES
    Meaning{0xC000020A, WSAEADDRINUSE},          // STATUS_ADDRESS_ALREADY_EXISTS
    Meaning{0xC000020C, WSAECONNRESET},          // STATUS_CONNECTION_DISCONNECTED
    Meaning{0xC000020D, WSAECONNRESET},          // STATUS_CONNECTION_RESET
    Meaning{0xC0000236, WSAECONNREFUSED},        // STATUS_CONNECTION_REFUSED
    Meaning{0xC000023C, WSAENETUNREACH},         // STATUS_NETWORK_UNREACHABLE
    Meaning{0xC000023D, WSAEHOSTUNREACH},        // STATUS_HOST_UNREACHABLE
    Meaning{0xC000023F, WSAECONNRESET},          // STATUS_PORT_UNREACHABLE
    Meaning{0xC0000241, WSAECONNABORTED},        // STATUS_CONNECTION_ABORTED
    Meaning{0xC000A012, WSAENETRESET},           // STATUS_HOPLIMIT_EXCEEDED
};

using Translation = ULONG(WINAPI*)(LONG);

Translation SystemsTranslation() noexcept {
    const FARPROC address = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlNtStatusToDosError");
    return reinterpret_cast<Translation>(reinterpret_cast<void*>(address));
}

}  // namespace

int NativeCodeOf(std::uint32_t status) noexcept {
    if (static_cast<std::int32_t>(status) >= 0) return 0;
    const auto known =
        std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& each) { return each.status == status; });
    if (known != kMeanings.end()) return known->code;
    static const Translation translate = SystemsTranslation();
    return static_cast<int>(translate(static_cast<LONG>(status)));
}

}  // namespace iocp::detail
