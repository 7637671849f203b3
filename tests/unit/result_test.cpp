// SPDX-License-Identifier: MIT
#include "socket.h"

#include <gtest/gtest.h>
#include <iocp/connect.h>
#include <iocp/result.h>

#include <array>
#include <set>

namespace {

using iocp::Outcome;
using iocp::Result;

constexpr std::array kOutcomes{Outcome::Ok,      Outcome::Closed, Outcome::Reset,   Outcome::Timeout,
                               Outcome::Stopped, Outcome::Full,   Outcome::TooLong, Outcome::SystemError};

TEST(Outcome, EachHasAWordOfItsOwn) {
    std::set<std::string_view> words;
    for (const Outcome outcome : kOutcomes) words.insert(ToString(outcome));

    EXPECT_EQ(words, (std::set<std::string_view>{"ok", "closed", "reset", "timeout", "stopped", "full", "too long",
                                                 "system error"}));
    EXPECT_EQ(ToString(static_cast<Outcome>(200)), "unknown");
}

TEST(Result, IsTrueWhenItWorkedOnly) {
    EXPECT_TRUE(Result());
    for (const Outcome outcome : kOutcomes) EXPECT_EQ(static_cast<bool>(Result(outcome)), outcome == Outcome::Ok);
}

TEST(Result, TellsHowMuchAndWhy) {
    const Result result(Outcome::Reset, 12, 34);

    EXPECT_EQ(result.Why(), Outcome::Reset);
    EXPECT_EQ(result.size(), 12U);
    EXPECT_EQ(result.NativeCode(), 34);
}

TEST(Result, SaysItInAWordWithoutANativeCode) {
    EXPECT_EQ(Result().Message(), "ok");
    EXPECT_EQ(Result(Outcome::TooLong).Message(), "too long");
}

TEST(Result, SaysWhatTheSystemSaysOfANativeCode) {
    constexpr int kSomeCode = 4;  // EINTR; ERROR_TOO_MANY_OPEN_FILES
    const std::string message = Result(Outcome::SystemError, 0, kSomeCode).Message();

    EXPECT_EQ(message, "system error (" + iocp::detail::DescribeNativeCode(kSomeCode) + ")");
    EXPECT_GT(message.size(), std::string_view("system error (: )").size());
}

TEST(Connected, WithoutAConnectionTellsWhy) {
    const iocp::Connected failed(Result(Outcome::Timeout, 0, 5));

    EXPECT_FALSE(failed);
    EXPECT_EQ(failed.Why(), Outcome::Timeout);
    EXPECT_EQ(failed.NativeCode(), 5);
}

}  // namespace
