// SPDX-License-Identifier: MIT
#include "misuse.h"

#include <iocp/frame_parser.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace iocp::detail {

namespace {

// More than any memory holds, and so little that sums with lengths and delimiters do not overflow.
constexpr std::size_t kMostOfAll = std::numeric_limits<std::size_t>::max() / 4;

constexpr std::byte kReturn{'\r'};

}  // namespace

FrameRule FrameRule::Exactly(std::size_t size) noexcept {
    FrameRule rule;
    rule.length.bytes = 0;
    rule.length.max = std::min(size, kMostOfAll);
    return rule;
}

FrameRule FrameRule::Until(std::string_view delimiter, std::size_t max) noexcept {
    if (delimiter.empty()) Misuse("RecvUntil without a delimiter");
    FrameRule rule;
    rule.delimiter = delimiter;
    rule.length.max = std::min(max, kMostOfAll);
    return rule;
}

FrameRule FrameRule::Line(std::size_t max) noexcept {
    FrameRule rule = Until("\n", max);
    rule.drops_return = true;
    return rule;
}

FrameRule FrameRule::Prefixed(const LengthPrefix& prefix) noexcept {
    if (prefix.bytes < 1 || prefix.bytes > sizeof(std::uint64_t)) Misuse("a length prefix that is not 1 to 8 bytes");
    FrameRule rule;
    rule.length = prefix;
    rule.length.max = std::min(prefix.max, kMostOfAll);
    return rule;
}

FrameParser::FrameParser(const FrameRule& rule) noexcept : rule_(rule) {
    if (rule.length.bytes == 0) length_ = rule.length.max;
}

void FrameParser::LimitTo(std::size_t most) noexcept {
    if (most >= rule_.length.max) return;
    rule_.length.max = most;
    limited_ = true;
}

FrameParser::Verdict FrameParser::Look(std::span<const std::byte> bytes) noexcept {
    return rule_.delimiter.empty() ? LookByLength(bytes) : LookByDelimiter(bytes);
}

std::size_t FrameParser::Most() const noexcept {
    return rule_.length.max + rule_.length.bytes + rule_.delimiter.size() + 1;
}

FrameParser::Verdict FrameParser::LookByLength(std::span<const std::byte> bytes) noexcept {
    const LengthPrefix& prefix = rule_.length;
    for (; seen_ < prefix.bytes; bytes = bytes.subspan(1)) {
        if (bytes.empty()) return Verdict::More;
        AddToLength(bytes.front());
    }
    // A length that is less than its own bytes turns into one that is longer than any maximum.
    const std::uint64_t length = length_ - (prefix.counts_itself ? prefix.bytes : 0);
    if (length > prefix.max) return Verdict::TooLong;
    size_ = static_cast<std::size_t>(length);
    seen_ += std::min(bytes.size(), prefix.bytes + size_ - seen_);
    return seen_ == prefix.bytes + size_ ? Verdict::Whole : Verdict::More;
}

void FrameParser::AddToLength(std::byte byte) noexcept {
    const auto value = std::to_integer<std::uint64_t>(byte);
    if (rule_.length.order == std::endian::big)
        length_ = length_ << 8 | value;
    else
        length_ |= value << 8 * seen_;
    ++seen_;
}

FrameParser::Verdict FrameParser::LookByDelimiter(std::span<const std::byte> bytes) noexcept {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (matched_ == 0) {
            const auto rest = bytes.subspan(at);
            const void* const found = std::memchr(rest.data(), rule_.delimiter.front(), rest.size());
            const std::size_t before =
                found == nullptr ? rest.size()
                                 : static_cast<std::size_t>(static_cast<const std::byte*>(found) - rest.data());
            if (before > 0) after_return_ = rule_.drops_return && rest[before - 1] == kReturn;
            seen_ += before;
            at += before;
            if (found == nullptr) break;
        }
        Match(bytes[at]);
        ++seen_;
        if (matched_ == rule_.delimiter.size()) return End();
    }
    const std::size_t may_belong_to_the_end = after_return_ ? 1 : matched_;
    return seen_ - may_belong_to_the_end > rule_.length.max ? Verdict::TooLong : Verdict::More;
}

FrameParser::Verdict FrameParser::End() noexcept {
    size_ = seen_ - matched_ - (after_return_ ? 1 : 0);
    return size_ > rule_.length.max ? Verdict::TooLong : Verdict::Whole;
}

void FrameParser::Match(std::byte byte) noexcept {
    const char letter = static_cast<char>(byte);
    while (matched_ > 0 && rule_.delimiter[matched_] != letter) matched_ = Border(matched_);
    if (rule_.delimiter[matched_] == letter) ++matched_;
}

// The most of the delimiter that its first `matched` bytes end with, beside themselves.
std::size_t FrameParser::Border(std::size_t matched) const noexcept {
    const std::string_view text = rule_.delimiter.substr(0, matched);
    std::size_t length = matched - 1;
    while (length > 0 && text.substr(0, length) != text.substr(matched - length)) --length;
    return length;
}

}  // namespace iocp::detail
