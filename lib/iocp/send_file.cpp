// SPDX-License-Identifier: MIT
#include "send_file.h"

#include "file_access.h"

#include <algorithm>

namespace iocp::detail {

namespace {

// Far below the 2^31 - 2 bytes that one call may send: a call that is cancelled need not tell what it has sent.
constexpr std::uint64_t kMostOfFileAtOnce = 16 << 20;

}  // namespace

bool LimitToFile(IOCP_Operation& operation) noexcept {
    const std::uint64_t size = SizeOfFile(operation.part->file);
    const std::uint64_t left = size - std::min(size, operation.part->offset);
    operation.size = static_cast<std::uint32_t>(std::min({std::uint64_t{operation.size}, left, kMostOfFileAtOnce}));
    operation.native_code = 0;
    operation.transferred = 0;
    return operation.size > 0;
}

Answer StartSendFile(IOCP_Operation& operation, LPFN_TRANSMITFILE transmit_file) noexcept {
    OVERLAPPED* const overlapped = NewOverlapped(operation);
    overlapped->Offset = static_cast<DWORD>(operation.part->offset);
    overlapped->OffsetHigh = static_cast<DWORD>(operation.part->offset >> 32);
    const auto file = reinterpret_cast<HANDLE>(operation.part->file);
    if (!transmit_file(operation.socket, file, operation.size, 0, overlapped, nullptr, 0)) return {WSAGetLastError()};
    return {0, static_cast<DWORD>(overlapped->InternalHigh)};
}

void FinishSendFile(IOCP_Operation& operation) noexcept {
    // It has become shorter since it was asked how long it is.
    if (operation.native_code == ERROR_HANDLE_EOF) operation.native_code = 0;
    // A client that was reset before the call.
    if (operation.native_code == WSAENOTCONN) operation.native_code = WSAECONNRESET;
}

}  // namespace iocp::detail
