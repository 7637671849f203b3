// SPDX-License-Identifier: MIT
#include "socket.h"
#include "system_headers.h"

#include <algorithm>
#include <array>
#include <system_error>

namespace iocp::detail {

namespace {

struct Name {
    int code;
    std::string_view name;
};

constexpr std::array kNames{
    Name{ERROR_NETNAME_DELETED, "ERROR_NETNAME_DELETED"},
    Name{WSA_OPERATION_ABORTED, "WSA_OPERATION_ABORTED"},
    Name{ERROR_CONNECTION_ABORTED, "ERROR_CONNECTION_ABORTED"},
    Name{WSAEACCES, "WSAEACCES"},
    Name{WSAEINVAL, "WSAEINVAL"},
    Name{WSAEMFILE, "WSAEMFILE"},
    Name{WSAEWOULDBLOCK, "WSAEWOULDBLOCK"},
    Name{WSAENOTSOCK, "WSAENOTSOCK"},
    Name{WSAEMSGSIZE, "WSAEMSGSIZE"},
    Name{WSAEAFNOSUPPORT, "WSAEAFNOSUPPORT"},
    Name{WSAEADDRINUSE, "WSAEADDRINUSE"},
    Name{WSAEADDRNOTAVAIL, "WSAEADDRNOTAVAIL"},
    Name{WSAENETDOWN, "WSAENETDOWN"},
    Name{WSAENETUNREACH, "WSAENETUNREACH"},
    Name{WSAENETRESET, "WSAENETRESET"},
    Name{WSAECONNABORTED, "WSAECONNABORTED"},
    Name{WSAECONNRESET, "WSAECONNRESET"},
    Name{WSAENOBUFS, "WSAENOBUFS"},
    Name{WSAENOTCONN, "WSAENOTCONN"},
    Name{WSAESHUTDOWN, "WSAESHUTDOWN"},
    Name{WSAETIMEDOUT, "WSAETIMEDOUT"},
    Name{WSAECONNREFUSED, "WSAECONNREFUSED"},
    Name{WSAEHOSTUNREACH, "WSAEHOSTUNREACH"},
};

// What the standard library says where the system has no text; Wine has none for sockets.
constexpr std::string_view kNoText = "Unknown error code";

}  // namespace

Outcome OutcomeOf(int native_code) noexcept {
    switch (native_code) {
        case 0: return Outcome::Ok;
        case WSA_OPERATION_ABORTED: return Outcome::Stopped;
        case ERROR_NETNAME_DELETED:
        case WSAENETRESET:
        case WSAECONNABORTED:
        case WSAECONNRESET:
        case WSAESHUTDOWN:
        case WSAETIMEDOUT: return Outcome::Reset;
        case WSAEWOULDBLOCK:
        case WSAENOBUFS: return Outcome::Full;
        case WSAEMSGSIZE: return Outcome::TooLong;
        default: return Outcome::SystemError;
    }
}

int NativeCodeOf(Failure failure) noexcept {
    switch (failure) {
        case Failure::Cancelled: return WSA_OPERATION_ABORTED;
        case Failure::Reset: return WSAECONNRESET;
        case Failure::Refused: return WSAECONNREFUSED;
        case Failure::NoBuffers: return WSAENOBUFS;
        case Failure::TooLong: return WSAEMSGSIZE;
        case Failure::AddressInUse: return WSAEADDRINUSE;
    }
    return WSAEINVAL;
}

bool IsCancelled(int native_code) noexcept { return native_code == WSA_OPERATION_ABORTED; }

bool IsClientGone(int native_code) noexcept {
    switch (native_code) {
        case ERROR_NETNAME_DELETED:
        case ERROR_CONNECTION_ABORTED:
        case WSAECONNABORTED:
        case WSAECONNRESET:
        case WSAENOTCONN: return true;  // reset before SO_UPDATE_ACCEPT_CONTEXT
        default: return false;
    }
}

bool IsFamilyMissing(int native_code) noexcept {
    return native_code == WSAEAFNOSUPPORT || native_code == WSAEADDRNOTAVAIL;
}

std::string NameOfNativeCode(int native_code) {
    const auto found =
        std::find_if(kNames.begin(), kNames.end(), [&](const Name& each) { return each.code == native_code; });
    return found != kNames.end() ? std::string(found->name) : "error " + std::to_string(native_code);
}

std::string DescribeNativeCode(int native_code) {
    std::string text = std::system_category().message(native_code);
    text.erase(text.find_last_not_of(" .\r\n") + 1);
    std::string name = NameOfNativeCode(native_code);
    return text == kNoText ? name : name.append(": ").append(text);
}

std::string RemedyFor(int native_code, const Endpoint&) {
    switch (native_code) {
        case WSAEADDRINUSE:
            return "another program uses this port (netstat -ano shows which): stop it, or take another port";
        case WSAEACCES:
            return "the port is reserved (netsh interface ipv4 show excludedportrange protocol=tcp lists these), or "
                   "another "
                   "program has it for itself (netstat -ano shows which): take another port";
        case WSAEADDRNOTAVAIL: return "this machine has no such address: take one that ipconfig shows, or * for all";
        default: return {};
    }
}

}  // namespace iocp::detail
