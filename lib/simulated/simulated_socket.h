// SPDX-License-Identifier: MIT
#pragma once

#include "operation_queue.h"
#include "simulated_network.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace iocp::detail {

class SimulatedEngine;

// A socket of a simulated network: a listener, a stream, or a datagram socket. An operation is tried when it is
// submitted, and again whenever something has changed.
class SimulatedSocket final : public StreamUser,
                              public StreamOpener,
                              public DatagramUser,
                              public std::enable_shared_from_this<SimulatedSocket> {
public:
    SimulatedSocket(SimulatedNetwork& network, Transport transport, const Endpoint& local, std::size_t backlog) noexcept
        : network_(network), transport_(transport), local_(local), most_waiting_(backlog) {}

    // A connection that came in.
    SimulatedSocket(SimulatedNetwork& network, std::shared_ptr<Stream> stream);

    [[nodiscard]] Transport Over() const noexcept { return transport_; }
    [[nodiscard]] const Endpoint& Local() const noexcept { return local_; }

    void Attach(SimulatedEngine& engine) noexcept { engine_ = &engine; }

    // True: the operation has ended at once.
    [[nodiscard]] bool Start(IOCP_Operation& operation);

    // False: it does not wait here any more.
    [[nodiscard]] bool Forget(IOCP_Operation& operation) noexcept;

    void ShutdownSend();
    void Reset();
    void Close();

    // A stream that came in for this listener; false where as many as the backlog allows wait already.
    [[nodiscard]] bool LetIn(std::shared_ptr<Stream> stream);

    void OnStreamChanged() override;
    void OnOpened(std::shared_ptr<Stream> stream) override;
    void OnDatagram(const Endpoint& from, const Endpoint& to, std::string bytes) override;

private:
    [[nodiscard]] OperationQueue& QueueOf(const IOCP_Operation& operation) noexcept;
    [[nodiscard]] bool Try(IOCP_Operation& operation);
    [[nodiscard]] bool TryAccept(IOCP_Operation& operation);
    [[nodiscard]] bool TryConnect(IOCP_Operation& operation);
    [[nodiscard]] bool TryRecv(IOCP_Operation& operation);
    [[nodiscard]] bool TryRecvLent(IOCP_Operation& operation);
    [[nodiscard]] bool TryRecvFrom(IOCP_Operation& operation);
    [[nodiscard]] bool TrySend(IOCP_Operation& operation);
    [[nodiscard]] bool TrySendFile(IOCP_Operation& operation);
    void SendTo(IOCP_Operation& operation);
    void Retry(OperationQueue& waiting);

    SimulatedNetwork& network_;
    const Transport transport_;
    const Endpoint local_;
    SimulatedEngine* engine_ = nullptr;
    OperationQueue in_;
    OperationQueue out_;

    std::deque<std::shared_ptr<Stream>> waiting_;  // for an accept
    std::size_t most_waiting_ = 0;

    std::shared_ptr<Stream> stream_;
    Side side_ = Side::Client;
    bool dialled_ = false;
    bool refused_ = false;

    static constexpr std::size_t kMostDatagrams = 1024;  // as in a system's socket buffer: the rest is lost
    std::deque<std::pair<Endpoint, std::string>> datagrams_;
    std::unordered_map<Endpoint, Endpoint> known_as_;  // to each peer: a socket on any address answers from this one
};

}  // namespace iocp::detail
