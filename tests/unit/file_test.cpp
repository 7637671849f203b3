// SPDX-License-Identifier: MIT
#include "support/temporary_file.h"

#include <gtest/gtest.h>
#include <iocp/file.h>

#include <filesystem>
#include <utility>

namespace {

using iocp::File;
using iocp::Outcome;
using iocp_test::TemporaryFile;

TEST(File, KnowsItsSizeAsOfNow) {
    const TemporaryFile on_disk("abc");
    const auto file = File::Open(on_disk.Path());

    ASSERT_TRUE(file);
    EXPECT_EQ(file->Size(), 3U);
    on_disk.Write("abcdef");
    EXPECT_EQ(file->Size(), 6U);
}

TEST(File, TellsWhyItCannotBeOpened) {
    const auto nowhere = std::filesystem::temp_directory_path() / "iocp_core_no_such_folder" / "page.html";

    const auto missing = File::Open(nowhere);
    const auto folder = File::Open(std::filesystem::temp_directory_path());

    for (const auto* file : {&missing, &folder}) {
        EXPECT_FALSE(*file);
        EXPECT_EQ(file->Why(), Outcome::SystemError);
        EXPECT_NE(file->NativeCode(), 0);
        EXPECT_GT(file->Message().size(), std::string("system error ()").size());
    }
}

TEST(File, IsMovedWithItsHandle) {
    const TemporaryFile short_one("abc");
    const TemporaryFile long_one("abcdef");
    auto from = File::Open(short_one.Path());
    auto to = File::Open(long_one.Path());

    *to = std::move(*from);
    const File last = std::move(*to);

    EXPECT_EQ(last.Size(), 3U);
}

TEST(File, MayBeRemovedWhileItIsOpen) {
    const auto file = [] {
        const TemporaryFile on_disk("abc");
        return File::Open(on_disk.Path());
    }();

    ASSERT_TRUE(file);
    EXPECT_EQ(file->Size(), 3U);
}

}  // namespace
