// SPDX-License-Identifier: MIT
#include "socket.h"

#include <netdb.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace iocp::detail {

Outcome OutcomeOf(int native_code) noexcept {
    switch (native_code) {
        case 0: return Outcome::Ok;
        case ECANCELED: return Outcome::Stopped;
        case ECONNRESET:
        case ECONNABORTED:
        case EPIPE:
        case ETIMEDOUT: return Outcome::Reset;
        case EAGAIN:
        case ENOBUFS: return Outcome::Full;
        case EMSGSIZE: return Outcome::TooLong;
        default: return Outcome::SystemError;
    }
}

int NativeCodeOf(Failure failure) noexcept {
    switch (failure) {
        case Failure::Cancelled: return ECANCELED;
        case Failure::Reset: return ECONNRESET;
        case Failure::Refused: return ECONNREFUSED;
        case Failure::NoBuffers: return ENOBUFS;
        case Failure::TooLong: return EMSGSIZE;
        case Failure::AddressInUse: return EADDRINUSE;
    }
    return EINVAL;
}

bool IsCancelled(int native_code) noexcept { return native_code == ECANCELED; }

// accept(2), "Error handling": what the network did to the one connection is reported here.
bool IsClientGone(int native_code) noexcept {
    switch (native_code) {
        case ECONNABORTED:
        case EPROTO:
        case EPERM:
        case EINTR:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case ENETUNREACH: return true;
        default: return false;
    }
}

bool IsFamilyMissing(int native_code) noexcept { return native_code == EAFNOSUPPORT || native_code == EADDRNOTAVAIL; }

std::string NameOfNativeCode(int native_code) {
    const char* name = strerrorname_np(native_code);
    return name != nullptr ? name : "error " + std::to_string(native_code);
}

std::string DescribeNativeCode(int native_code) {
    if (native_code < 0) return std::string("name lookup: ") + gai_strerror(native_code);  // only those are negative
    return NameOfNativeCode(native_code) + ": " + std::generic_category().message(native_code);
}

std::string RemedyFor(int native_code, const Endpoint& endpoint) {
    const std::string port = std::to_string(endpoint.Port());
    switch (native_code) {
        case EADDRINUSE: return "another program uses this port (ss -lnp shows which): stop it, or take another port";
        case EADDRNOTAVAIL: return "this machine has no such address: take one that \"ip address\" shows, or * for all";
        case EACCES: return "ports below 1024 need the capability CAP_NET_BIND_SERVICE: take a port above, not " + port;
        case EMFILE: return "the process has too many descriptors open (ulimit -n)";
        default: return {};
    }
}

}  // namespace iocp::detail
