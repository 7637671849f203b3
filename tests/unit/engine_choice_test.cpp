// SPDX-License-Identifier: MIT
#include "engine.h"

#include "support/platform.h"

#include <gtest/gtest.h>

namespace {

using iocp::EngineKind;
using iocp::Options;
using iocp::detail::ChooseEngine;

TEST(ChooseEngine, TakesTheFirstOfThePlatformByItself) {
    const EngineKind first = iocp_test::EnginesUnderTest().front();

    const auto choice = ChooseEngine(EngineKind::Auto, Options());

    EXPECT_EQ(choice.kind, first);
    EXPECT_EQ(choice.report, ToString(first));
    EXPECT_GE(choice.accepts.least, 1U);
    EXPECT_GE(choice.accepts.most, choice.accepts.least);
}

TEST(ChooseEngine, TakesWhatIsAskedFor) {
    for (const EngineKind kind : iocp_test::EnginesUnderTest()) EXPECT_EQ(ChooseEngine(kind, Options()).kind, kind);
}

TEST(ChooseEngine, RefusesEnginesOfOtherSystemsAndSaysWhichThereAre) {
    for (const EngineKind kind : iocp_test::ForeignEngines()) {
        try {
            static_cast<void>(ChooseEngine(kind, Options()));
            FAIL() << ToString(kind);
        } catch (const iocp::StartError& error) {
            const std::string_view what = error.what();
            EXPECT_NE(what.find("engine " + std::string(ToString(kind)) + " is only available on"), what.npos) << what;
            EXPECT_NE(what.find("ask for auto"), what.npos) << what;
        }
    }
}

}  // namespace
