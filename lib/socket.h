// SPDX-License-Identifier: MIT
// What each platform supplies beside its engines: opening sockets, the meaning of its codes, and the end of the
// process.
#pragma once

#include <iocp/endpoint.h>
#include <iocp/operation.h>
#include <iocp/result.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace iocp::detail {

// A socket, or the native code of what failed.
struct OpenedSocket {
    SocketHandle socket = kNoSocket;
    int native_code = 0;
};

// A socket bound to `endpoint`, listening (Tcp) or not (Udp), attached to no engine. `both_families`: an IPv6 socket
// that serves IPv4 as well. Not inherited by child processes; a port is never shared with another process.
[[nodiscard]] OpenedSocket OpenListening(const Endpoint& endpoint, Transport transport, bool both_families,
                                         int backlog);

// A TCP socket for Connect.
[[nodiscard]] OpenedSocket OpenStream(Endpoint::Family family);

void CloseSocket(SocketHandle socket) noexcept;

// Closes a TCP socket by a reset: the system forgets the connection at once.
void ResetSocket(SocketHandle socket) noexcept;

// Ends the sending side: the peer sees the end of the stream after all bytes sent.
void ShutdownSend(SocketHandle socket) noexcept;

// Empty where the socket has none.
[[nodiscard]] Endpoint LocalEndpoint(SocketHandle socket) noexcept;

// An IPv4 endpoint as an IPv6 socket that serves both families names it (RFC 4291, 2.5.5.2).
[[nodiscard]] Endpoint MappedToV6(const Endpoint& v4) noexcept;

// And back; any other endpoint stays what it is.
[[nodiscard]] Endpoint Unmapped(const Endpoint& endpoint) noexcept;

// What a native code of an operation means. IsCancelled must be asked first where a cancel was requested.
[[nodiscard]] Outcome OutcomeOf(int native_code) noexcept;
[[nodiscard]] bool IsCancelled(int native_code) noexcept;

// The native codes with which operations of this platform fail, for an engine that has no kernel.
enum class Failure : std::uint8_t { Cancelled, Reset, Refused, NoBuffers, TooLong, AddressInUse };
[[nodiscard]] int NativeCodeOf(Failure failure) noexcept;

// An accept failed because of the one client that it was for: the next may be tried at once.
// After any other failure an accept is tried again after a pause; none of them ends a listener.
[[nodiscard]] bool IsClientGone(int native_code) noexcept;

// The machine has no addresses of this family, such as IPv6 where it is switched off.
[[nodiscard]] bool IsFamilyMissing(int native_code) noexcept;

// "EADDRINUSE".
[[nodiscard]] std::string NameOfNativeCode(int native_code);

// "EADDRINUSE: Address already in use".
[[nodiscard]] std::string DescribeNativeCode(int native_code);

// What to do about a listener that could not be opened; a sentence, or empty.
[[nodiscard]] std::string RemedyFor(int native_code, const Endpoint& endpoint);

// How many descriptors the process may have open; raised to the hard limit first where asked for.
[[nodiscard]] std::size_t DescriptorLimit(bool raise) noexcept;

// Holds the system's network library ready, for as long as any of these exists.
class NetworkLibrary {
public:
    NetworkLibrary();
    NetworkLibrary(const NetworkLibrary&) = delete;
    NetworkLibrary& operator=(const NetworkLibrary&) = delete;
    ~NetworkLibrary();
};

// While it exists, Ctrl-C and SIGTERM end its Wait instead of the process. Several may exist; a signal ends all.
class TerminationSignal {
public:
    TerminationSignal();
    TerminationSignal(const TerminationSignal&) = delete;
    TerminationSignal& operator=(const TerminationSignal&) = delete;
    ~TerminationSignal();

    // Returns after a signal, or a call of Release from any thread.
    void Wait() noexcept;
    void Release() noexcept;

private:
    std::uintptr_t handles_[2];
    int slot_ = -1;
};

}  // namespace iocp::detail
