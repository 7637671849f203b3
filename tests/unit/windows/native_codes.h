// SPDX-License-Identifier: MIT
#pragma once

#include <winsock2.h>

#include <string_view>

inline constexpr int kCancelled = WSA_OPERATION_ABORTED;
inline constexpr int kConnectionReset = WSAECONNRESET;
inline constexpr int kConnectionAborted = WSAECONNABORTED;
inline constexpr int kTimedOut = WSAETIMEDOUT;
inline constexpr int kNoBuffers = WSAENOBUFS;
inline constexpr int kWouldBlock = WSAEWOULDBLOCK;
inline constexpr int kMessageTooLong = WSAEMSGSIZE;
inline constexpr int kConnectionRefused = WSAECONNREFUSED;
inline constexpr std::string_view kConnectionRefusedName = "WSAECONNREFUSED: ";
inline constexpr int kHostUnreachable = WSAEHOSTUNREACH;
inline constexpr int kTooManyFiles = WSAEMFILE;
inline constexpr int kAddressInUse = WSAEADDRINUSE;
