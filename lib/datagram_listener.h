// SPDX-License-Identifier: MIT
#pragma once

#include "detached.h"
#include "peer_connection.h"
#include "session.h"
#include "stoppable.h"

#include <iocp/datagram_socket.h>
#include <iocp/options.h>

#include <coroutine>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace iocp::detail {

class Worker;

// A UDP listener: receives on one worker, and makes a client of each remote address, spread over all workers. Where its
// protocol is a DatagramProtocol, it only runs that.
class DatagramListener final : public Door, public Stoppable {
public:
    // Takes over `socket`, which is bound.
    DatagramListener(Worker& home, const Listener& settings, SocketHandle socket, DoorGuard& guard);
    ~DatagramListener();

    // On the home worker.
    void Open();

    void Left(const Endpoint& remote) noexcept override;
    void Stop() noexcept override;
    void Cut() noexcept override {}

private:
    // A client's place on its worker; filled, used and emptied there. It stays empty where there was no memory.
    struct Seat {
        void Deliver(Buffer* datagram) const noexcept;

        std::shared_ptr<PeerConnection> connection;
    };
    struct Peer {
        std::shared_ptr<Seat> seat;
        Worker* worker;
    };
    struct PeersGone;

    static Detached Serve(Worker& worker, DatagramListener& self);

    [[nodiscard]] Task<> Receive(DatagramSocket& socket);
    void Sort(Datagram&& datagram);
    [[nodiscard]] std::optional<Rejection> RefusalOf(const Endpoint& from);
    void Welcome(const Endpoint& from, Buffer* first) noexcept;
    void Add(const Endpoint& from, const Peer& peer);
    void Begin(const Peer& peer, const Endpoint& from, Buffer* first) noexcept;
    void Hand(const Peer& peer, Datagram&& datagram) noexcept;
    void RemoveDeparted() noexcept;
    void CountNoMemory() noexcept;

    Worker& home_;
    SocketHandle handle_;
    DatagramSocket* socket_ = nullptr;
    const PeerLimits limits_;
    Endpoint local_;
    std::unordered_map<Endpoint, Peer> peers_;
    std::mutex departed_mutex_;
    std::vector<Endpoint> departed_;  // no clients any more, but still among peers_
    std::coroutine_handle<> waiting_for_peers_;
};

}  // namespace iocp::detail
