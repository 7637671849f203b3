// SPDX-License-Identifier: MIT
#include <iocp/protocol.h>

IOCP_Protocol::~IOCP_Protocol() = default;

std::shared_ptr<IOCP_Client> IOCP_Protocol::AcceptClient(const iocp::Arrival&) {
    return std::make_shared<IOCP_Client>();
}

void IOCP_Protocol::DeleteClient(IOCP_Client&) {}

void IOCP_Protocol::OnReject(const iocp::Arrival&, iocp::Rejection) {}
