// SPDX-License-Identifier: MIT
#pragma once

#include "connection.h"
#include "detached.h"
#include "outbox.h"

#include <iocp/endpoint.h>
#include <iocp/options.h>
#include <iocp/protocol.h>

#include <memory>

namespace iocp::detail {

class DoorGuard;
class Worker;

// What lets clients in: a listener.
class Door {
public:
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

    [[nodiscard]] IOCP_Protocol& Protocol() const noexcept { return *protocol_; }
    [[nodiscard]] int ProtocolId() const noexcept { return protocol_id_; }
    [[nodiscard]] Transport Over() const noexcept { return transport_; }
    [[nodiscard]] const PostLimits& Posts() const noexcept { return posts_; }
    [[nodiscard]] DoorGuard& Guard() const noexcept { return guard_; }

    // On any worker: a client that was let in, or was on its way in, is gone.
    virtual void Left(const Endpoint& remote) noexcept = 0;

protected:
    Door(const Listener& settings, DoorGuard& guard)
        : protocol_(settings.protocol),
          protocol_id_(settings.protocol_id),
          transport_(settings.transport),
          posts_{settings.max_posted_bytes, settings.on_full},
          guard_(guard) {}
    ~Door() = default;

private:
    std::shared_ptr<IOCP_Protocol> protocol_;
    int protocol_id_;
    Transport transport_;
    PostLimits posts_;
    DoorGuard& guard_;
};

// On the client's home worker, whose Load counts it already: asks the protocol for a client object and starts its
// handler. Where either is refused, or there is no memory for it, the connection is ended.
void BeginSession(Worker& worker, Door& door, std::shared_ptr<Connection> connection, const Endpoint& remote) noexcept;

}  // namespace iocp::detail
