// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/client.h>
#include <iocp/endpoint.h>
#include <iocp/limits.h>
#include <iocp/task.h>

#include <memory>

namespace iocp {

// Who is at the door: what a protocol knows of a client before it exists.
struct Arrival {
    Endpoint remote;
    Transport transport;
    int protocol_id;
};

}  // namespace iocp

// What a server says to its clients. Derive from it, write ProcedureClient, and give it to a listener.
//
// Owner: shared by the listeners that use it, until the core is destroyed.
// Thread rule: one protocol serves clients of all workers, so its own members are shared between threads. For one
// client AcceptClient, ProcedureClient and DeleteClient run on that client's home worker, in this order. An exception
// that leaves one of them ends that client and reaches IOCP_CORE::OnError.
class IOCP_Protocol {
public:
    IOCP_Protocol() noexcept = default;
    IOCP_Protocol(const IOCP_Protocol&) = delete;
    IOCP_Protocol& operator=(const IOCP_Protocol&) = delete;
    virtual ~IOCP_Protocol();

    // Makes the client object, of your own type if you like, or refuses the client by returning nothing.
    [[nodiscard]] virtual std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival& arrival);

    // The client's handler; when it returns the connection is closed. It must not block its thread.
    [[nodiscard]] virtual iocp::Task<> ProcedureClient(IOCP_Client& client) = 0;

    // Runs exactly once for each client that AcceptClient made, after its handler has ended.
    virtual void DeleteClient(IOCP_Client& client);

    // A rule of the listener's Limits kept somebody out (on the listener's worker, in place of AcceptClient) or ends a
    // client (on its home worker, before its waits end). What it throws reaches OnError too, and changes nothing else.
    virtual void OnReject(const iocp::Arrival& arrival, iocp::Rejection rule);
};

namespace iocp {

// A protocol whose clients are of your own type:
//   class Chat : public iocp::ProtocolFor<ChatClient> { iocp::Task<> ProcedureClient(ChatClient& client) override; };
template <class Client>
class ProtocolFor : public IOCP_Protocol {
public:
    [[nodiscard]] std::shared_ptr<IOCP_Client> AcceptClient(const Arrival&) override {
        return std::make_shared<Client>();
    }
    [[nodiscard]] virtual Task<> ProcedureClient(Client& client) = 0;
    virtual void DeleteClient(Client&) {}

private:
    Task<> ProcedureClient(IOCP_Client& client) final { return ProcedureClient(static_cast<Client&>(client)); }
    void DeleteClient(IOCP_Client& client) final { DeleteClient(static_cast<Client&>(client)); }
};

}  // namespace iocp
