// SPDX-License-Identifier: MIT
// The Accept and the Connect of a completion port.
#pragma once

#include "answer.h"
#include "winsock_extensions.h"

#include <iocp/operation.h>

namespace iocp::detail {

[[nodiscard]] Answer StartAccept(IOCP_Operation& operation, const WinsockExtensions& extensions) noexcept;
void FinishAccept(IOCP_Operation& operation, const WinsockExtensions& extensions) noexcept;

[[nodiscard]] Answer StartConnect(IOCP_Operation& operation, LPFN_CONNECTEX connect_ex) noexcept;
void FinishConnect(IOCP_Operation& operation) noexcept;

}  // namespace iocp::detail
