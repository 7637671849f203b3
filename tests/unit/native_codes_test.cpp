// SPDX-License-Identifier: MIT
#include "socket.h"

#include "native_codes.h"  // of posix or windows

#include <gtest/gtest.h>

namespace {

using iocp::Outcome;
using iocp::detail::OutcomeOf;

TEST(NativeCodes, MeanTheSameOutcomesOnEveryPlatform) {
    EXPECT_EQ(OutcomeOf(0), Outcome::Ok);
    EXPECT_EQ(OutcomeOf(kCancelled), Outcome::Stopped);
    EXPECT_EQ(OutcomeOf(kConnectionReset), Outcome::Reset);
    EXPECT_EQ(OutcomeOf(kConnectionAborted), Outcome::Reset);
    EXPECT_EQ(OutcomeOf(kTimedOut), Outcome::Reset);
    EXPECT_EQ(OutcomeOf(kNoBuffers), Outcome::Full);
    EXPECT_EQ(OutcomeOf(kWouldBlock), Outcome::Full);
    EXPECT_EQ(OutcomeOf(kMessageTooLong), Outcome::TooLong);
    EXPECT_EQ(OutcomeOf(kConnectionRefused), Outcome::SystemError);
    EXPECT_EQ(OutcomeOf(kHostUnreachable), Outcome::SystemError);
    EXPECT_EQ(OutcomeOf(123456), Outcome::SystemError);
}

TEST(NativeCodes, OnlyOneMeansCancelled) {
    EXPECT_TRUE(iocp::detail::IsCancelled(kCancelled));
    for (const int code : {0, kConnectionReset, kConnectionAborted, kTimedOut, kNoBuffers})
        EXPECT_FALSE(iocp::detail::IsCancelled(code));
}

TEST(NativeCodes, TellAClientThatWentFromASystemThatIsFull) {
    EXPECT_TRUE(iocp::detail::IsClientGone(kConnectionAborted));
    for (const int code : {kNoBuffers, kTooManyFiles}) EXPECT_FALSE(iocp::detail::IsClientGone(code));
}

TEST(NativeCodes, AreDescribedWithTheirName) {
    EXPECT_EQ(iocp::detail::DescribeNativeCode(kConnectionRefused).find(kConnectionRefusedName), 0U);
    EXPECT_NE(iocp::detail::DescribeNativeCode(123456).find("123456"), std::string::npos);
}

TEST(NativeCodes, APortInUseHasARemedy) {
    const iocp::Endpoint endpoint(iocp::Endpoint::Family::V4, {}, 80);

    EXPECT_NE(iocp::detail::RemedyFor(kAddressInUse, endpoint), "");
    EXPECT_EQ(iocp::detail::RemedyFor(123456, endpoint), "");
}

}  // namespace
