// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/client.h>
#include <iocp/endpoint.h>
#include <iocp/result.h>
#include <iocp/task.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace iocp {

// A connection that this side opened, or the reason why there is none. Used like the client that it holds:
//   if (auto server = co_await iocp::Connect(endpoint)) co_await server->Send("hello");
//
// Owns the connection: destroying it closes it. Thread rule: stays in the coroutine that connected.
class Connected : public Result {
public:
    Connected() noexcept : Result(Outcome::Stopped) {}
    explicit Connected(const Result& failure) noexcept : Result(failure) {}
    explicit Connected(std::shared_ptr<IOCP_Client> client) noexcept : client_(std::move(client)) {}
    Connected(Connected&&) noexcept = default;
    Connected& operator=(Connected&&) = delete;
    ~Connected();

    // Only where the connecting worked.
    IOCP_Client& operator*() const noexcept { return *client_; }
    IOCP_Client* operator->() const noexcept { return client_.get(); }

private:
    std::shared_ptr<IOCP_Client> client_;
};

// Connects to `remote` from a coroutine of a core (a handler, or one given to IOCP_CORE::Spawn); the connection lives
// on that coroutine's worker. On UDP it always works: nothing is sent before the first Send.
//   Timeout      no answer within `limit`
//   Stopped      the core is stopping
//   SystemError  refused or unreachable; NativeCode says which
[[nodiscard]] Task<Connected> Connect(Endpoint remote, Transport transport = Transport::Tcp,
                                      std::chrono::milliseconds limit = std::chrono::seconds(30));

struct ConnectOptions {
    std::chrono::milliseconds within{30'000};  // for everything: the lookup and all attempts
    std::chrono::milliseconds stagger{250};    // between the attempts, where none has failed: RFC 8305, section 5
};

// Connects over TCP to `port` of `host`, a name or a numeric address. The name is looked up on a thread of its own. The
// addresses found, at most six, are tried one after another, IPv6 and IPv4 in turn, without waiting for an attempt to
// fail for longer than `stagger`; the first connection that is made is taken.
//   Timeout, Stopped  at once, even while the system's resolver hangs
//   Full              too many lookups of this process hang already
//   SystemError       NativeCode says why the last attempt failed, or the lookup: a Winsock code, or on Linux a code of
//                     getaddrinfo, which is negative
[[nodiscard]] Task<Connected> Connect(std::string host, std::uint16_t port, ConnectOptions options = {});

}  // namespace iocp
