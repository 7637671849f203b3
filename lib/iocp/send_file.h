// SPDX-License-Identifier: MIT
// The SendFile of a completion port.
#pragma once

#include "answer.h"

#include <iocp/operation.h>

namespace iocp::detail {

// Makes of it what TransmitFile can do in one call: it fails where the file has less than it is asked for, and takes 0
// bytes for the whole file. False: the operation has its result, as the file has no more.
[[nodiscard]] bool LimitToFile(IOCP_Operation& operation) noexcept;

[[nodiscard]] Answer StartSendFile(IOCP_Operation& operation, LPFN_TRANSMITFILE transmit_file) noexcept;
void FinishSendFile(IOCP_Operation& operation) noexcept;

}  // namespace iocp::detail
