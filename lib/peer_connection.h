// SPDX-License-Identifier: MIT
#pragma once

#include "connection.h"

#include <iocp/endpoint.h>
#include <iocp/operation.h>
#include <iocp/received.h>
#include <iocp/timer.h>

#include <atomic>
#include <cstddef>

namespace iocp {
class DatagramSocket;
}

namespace iocp::detail {

class Buffer;

// What a UDP peer may cost while its handler is busy.
struct PeerLimits {
    std::size_t most_datagrams;
    std::size_t most_bytes;
};

// One remote address of a UDP socket that is shared with others.
class PeerConnection final : public Connection {
public:
    // `socket` stays its owner's, and open until End. `remote` as the socket names it.
    PeerConnection(Worker& home, SocketHandle socket, const Endpoint& remote, const PeerLimits& limits);
    ~PeerConnection() override;

    // A datagram of the peer's came, on this side's worker; takes over `datagram`. Resumes the handler where it waits.
    void Deliver(Buffer* datagram) noexcept;

    // The same for one that this worker has received. What is not taken at once is kept as a copy: the buffers are
    // large, and the worker's.
    void Deliver(Received&& datagram) noexcept;

    // Whose receive loop is only for this peer, and to be stopped with it.
    void FedBy(DatagramSocket* source) noexcept { source_ = source; }

    void Abandon(RecvWait& wait) noexcept override;
    void Abandon(SendWait& wait) noexcept override;
    [[nodiscard]] bool IsStream() const noexcept override { return false; }
    void OnDue(RecvWait& wait) noexcept override;
    void OnDue(SendWait& wait) noexcept override;
    [[nodiscard]] Endpoint Local() const noexcept override;

private:
    [[nodiscard]] bool StartRecv(RecvWait& wait) override;
    [[nodiscard]] bool StartSend(SendWait& wait) override;
    [[nodiscard]] bool KeepsBoundaries() const noexcept override { return true; }
    void EndWaits(bool sends_too) noexcept override;
    void EndRecv(Outcome why) noexcept override;
    void LetGo() noexcept override;
    void Take(RecvWait& wait) noexcept;

    SocketHandle socket_;
    DatagramSocket* source_ = nullptr;
    Endpoint remote_;
    PeerLimits limits_;
    Buffer* first_ = nullptr;  // received and not taken yet; none of a pool, as the client may outlive that
    Buffer* last_ = nullptr;
    std::size_t queued_ = 0;
    std::size_t queued_bytes_ = 0;
};

}  // namespace iocp::detail
