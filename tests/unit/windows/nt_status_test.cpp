// SPDX-License-Identifier: MIT
#include "nt_status.h"

#include "socket.h"

#include <gtest/gtest.h>

#include <winsock2.h>

namespace {

using iocp::Outcome;
using iocp::detail::NativeCodeOf;
using iocp::detail::OutcomeOf;

TEST(NtStatus, SuccessAndInformationAreNoFailures) {
    EXPECT_EQ(NativeCodeOf(0x00000000), 0);  // STATUS_SUCCESS
    EXPECT_EQ(NativeCodeOf(0x00000103), 0);  // STATUS_PENDING
    EXPECT_EQ(NativeCodeOf(0x40000000), 0);  // STATUS_OBJECT_NAME_EXISTS
}

TEST(NtStatus, WhatEndsAnOperationOfASocketHasItsWinsockCode) {
    EXPECT_EQ(NativeCodeOf(0xC0000120), WSA_OPERATION_ABORTED);  // STATUS_CANCELLED
    EXPECT_EQ(NativeCodeOf(0x8000000A), WSA_OPERATION_ABORTED);  // STATUS_HANDLES_CLOSED
    EXPECT_EQ(NativeCodeOf(0xC000020D), WSAECONNRESET);          // STATUS_CONNECTION_RESET
    EXPECT_EQ(NativeCodeOf(0xC0000241), WSAECONNABORTED);        // STATUS_CONNECTION_ABORTED
    EXPECT_EQ(NativeCodeOf(0xC0000236), WSAECONNREFUSED);        // STATUS_CONNECTION_REFUSED
    EXPECT_EQ(NativeCodeOf(0x80000005), WSAEMSGSIZE);            // STATUS_BUFFER_OVERFLOW
    EXPECT_EQ(NativeCodeOf(0xC000009A), WSAENOBUFS);             // STATUS_INSUFFICIENT_RESOURCES
    EXPECT_EQ(NativeCodeOf(0xC0000005), WSAEFAULT);              // STATUS_ACCESS_VIOLATION
}

TEST(NtStatus, TheSystemTranslatesTheRest) {
    EXPECT_EQ(NativeCodeOf(0xC0000022), ERROR_ACCESS_DENIED);  // STATUS_ACCESS_DENIED
    EXPECT_EQ(OutcomeOf(NativeCodeOf(0xC0000005)), Outcome::SystemError);
}

}  // namespace
