// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <string_view>

inline constexpr int kCancelled = ECANCELED;
inline constexpr int kConnectionReset = ECONNRESET;
inline constexpr int kConnectionAborted = ECONNABORTED;
inline constexpr int kTimedOut = ETIMEDOUT;
inline constexpr int kNoBuffers = ENOBUFS;
inline constexpr int kWouldBlock = EAGAIN;
inline constexpr int kMessageTooLong = EMSGSIZE;
inline constexpr int kConnectionRefused = ECONNREFUSED;
inline constexpr std::string_view kConnectionRefusedName = "ECONNREFUSED: ";
inline constexpr int kHostUnreachable = EHOSTUNREACH;
inline constexpr int kTooManyFiles = EMFILE;
inline constexpr int kAddressInUse = EADDRINUSE;
