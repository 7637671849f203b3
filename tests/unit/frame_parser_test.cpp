// SPDX-License-Identifier: MIT
#include "support/reference_frames.h"

#include <gtest/gtest.h>
#include <iocp/frame_parser.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace {

using iocp::detail::FrameParser;
using iocp::detail::FrameRule;
using Verdict = FrameParser::Verdict;

Verdict Look(FrameParser& parser, std::string_view bytes) { return parser.Look(std::as_bytes(std::span(bytes))); }

// What is found when the bytes come in pieces of `size`.
FrameParser ParsedInPieces(const FrameRule& rule, std::string_view bytes, std::size_t size, Verdict& verdict) {
    FrameParser parser(rule);
    verdict = Look(parser, {});
    while (verdict == Verdict::More && !bytes.empty()) {
        verdict = Look(parser, bytes.substr(0, size));
        bytes.remove_prefix(std::min(size, bytes.size()));
    }
    return parser;
}

void ExpectAsReference(const FrameRule& rule, std::string_view bytes) {
    const auto expected = iocp_test::FindFrame(rule, bytes);
    for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, bytes.size() + 1}) {
        Verdict verdict{};
        const FrameParser parser = ParsedInPieces(rule, bytes, size, verdict);
        ASSERT_EQ(verdict, expected.verdict) << "pieces of " << size << ": " << bytes;
        if (verdict != Verdict::Whole) continue;
        ASSERT_EQ(parser.Begin(), expected.begin);
        ASSERT_EQ(parser.Size(), expected.size);
        ASSERT_EQ(parser.Seen(), expected.taken);
    }
}

TEST(FrameParser, FindsWhatIsFoundAtOnce) {
    for (const std::string_view bytes : {"", "\n", "\r\n", "\r", "a", "a\n", "a\r\n", "\r\r\n", "abc\r\nd\n", "aaab",
                                         "ab\r\n\r\r\n\r\n", "\r\n\r\nx", "12345678901234567890"}) {
        for (std::uint8_t size = 0; size < 12; ++size) {
            for (const std::string_view delimiter : {"\n", "ab", "aab", "aaa", "\r\n\r\n"})
                ExpectAsReference(FrameRule::Until(delimiter, size), bytes);
            ExpectAsReference(FrameRule::Line(size), bytes);
            ExpectAsReference(FrameRule::Exactly(size), bytes);
        }
    }
}

TEST(FrameParser, FindsADelimiterThatOverlapsItself) {
    // Every text of up to ten letters of two, and every delimiter of up to five.
    const auto text = [](unsigned bits, unsigned size) {
        std::string letters;
        for (unsigned i = 0; i < size; ++i) letters += (bits >> i & 1) != 0 ? 'b' : 'a';
        return letters;
    };
    for (unsigned size = 1; size <= 5; ++size)
        for (unsigned bits = 0; bits < 1U << size; ++bits) {
            const std::string delimiter = text(bits, size);
            for (unsigned of = 0; of < 1U << 10; ++of)
                ExpectAsReference(FrameRule::Until(delimiter, 1 + of % 10), text(of, 10));
        }
}

TEST(FrameParser, FindsFramesOfRandomLengths) {
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        const auto shape = static_cast<std::uint8_t>(random());
        const auto rule = iocp_test::MakeRule(3, static_cast<std::uint8_t>(random() % 20), shape, {});
        std::string bytes;
        for (std::size_t at = 0; at < 30; ++at) bytes += static_cast<char>(random() % 8 == 0 ? random() % 24 : 0);
        ExpectAsReference(rule, bytes);
    }
}

TEST(FrameParser, LooksAtEachByteOnce) {
    const std::string bytes(1 << 20, 'x');
    FrameParser parser(FrameRule::Until("xy", bytes.size()));

    for (const char& byte : bytes) ASSERT_EQ(Look(parser, {&byte, 1}), Verdict::More);

    EXPECT_EQ(Look(parser, "y"), Verdict::Whole);
    EXPECT_EQ(parser.Size(), bytes.size() - 1);
}

TEST(FrameParser, SaysTooLongWithTheFirstByteTooMany) {
    FrameParser line(FrameRule::Line(3));
    EXPECT_EQ(Look(line, "123\r"), Verdict::More);
    EXPECT_EQ(Look(line, "\r"), Verdict::TooLong);

    FrameParser until(FrameRule::Until("--", 3));
    EXPECT_EQ(Look(until, "123-"), Verdict::More);
    EXPECT_EQ(Look(until, "1"), Verdict::TooLong);

    FrameParser frame(FrameRule::Prefixed({.bytes = 2, .max = 3}));
    EXPECT_EQ(Look(frame, std::string_view("\0", 1)), Verdict::More);
    EXPECT_EQ(Look(frame, "\x04"), Verdict::TooLong);
}

TEST(FrameParser, TakesTheLargestMaximum) {
    constexpr std::size_t kLargest = std::numeric_limits<std::size_t>::max();
    Verdict verdict{};

    EXPECT_EQ(ParsedInPieces(FrameRule::Line(kLargest), "line\r\n", 1, verdict).Size(), 4U);
    EXPECT_EQ(verdict, Verdict::Whole);
    EXPECT_EQ(ParsedInPieces(FrameRule::Until(";;", kLargest), "text;;", 1, verdict).Size(), 4U);
    EXPECT_EQ(verdict, Verdict::Whole);
    EXPECT_EQ(ParsedInPieces(FrameRule::Exactly(kLargest), "text", 1, verdict).Seen(), 4U);
    EXPECT_EQ(verdict, Verdict::More);
    const iocp::LengthPrefix prefix{.bytes = 8, .max = kLargest, .order = std::endian::little};
    ParsedInPieces(FrameRule::Prefixed(prefix), std::string(8, '\xFF'), 1, verdict);
    EXPECT_EQ(verdict, Verdict::TooLong);
}

}  // namespace
