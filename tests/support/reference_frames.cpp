// SPDX-License-Identifier: MIT
#include "reference_frames.h"

#include <bit>

namespace iocp_test {

using iocp::detail::FrameRule;
using Verdict = iocp::detail::FrameParser::Verdict;

namespace {

ReferenceFrame FindExactly(std::size_t prefix, std::size_t size, std::string_view bytes) {
    if (bytes.size() - prefix < size) return {Verdict::More};
    return {Verdict::Whole, prefix, size, prefix + size};
}

ReferenceFrame FindPrefixed(const iocp::LengthPrefix& prefix, std::string_view bytes) {
    if (bytes.size() < prefix.bytes) return {Verdict::More};
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < prefix.bytes; ++i) {
        const std::size_t at = prefix.order == std::endian::big ? i : prefix.bytes - 1 - i;
        length = length * 256 + static_cast<unsigned char>(bytes[at]);
    }
    const std::uint64_t own = prefix.counts_itself ? prefix.bytes : 0;
    if (length < own || length - own > prefix.max) return {Verdict::TooLong};
    return FindExactly(prefix.bytes, static_cast<std::size_t>(length - own), bytes);
}

// How much of the end of `bytes` may be the beginning of `delimiter`.
std::size_t BegunAtTheEnd(std::string_view delimiter, std::string_view bytes) {
    for (std::size_t length = delimiter.size() - 1; length > 0; --length)
        if (bytes.ends_with(delimiter.substr(0, length))) return length;
    return 0;
}

ReferenceFrame FindDelimited(const FrameRule& rule, std::string_view bytes) {
    const std::size_t end = bytes.find(rule.delimiter);
    std::string_view text = bytes.substr(0, end);
    if (rule.drops_return && text.ends_with('\r')) text.remove_suffix(1);
    if (end == std::string_view::npos) text.remove_suffix(BegunAtTheEnd(rule.delimiter, bytes));
    if (text.size() > rule.length.max) return {Verdict::TooLong};
    if (end == std::string_view::npos) return {Verdict::More};
    return {Verdict::Whole, 0, text.size(), end + rule.delimiter.size()};
}

}  // namespace

ReferenceFrame FindFrame(const FrameRule& rule, std::string_view bytes) {
    if (!rule.delimiter.empty()) return FindDelimited(rule, bytes);
    if (rule.length.bytes == 0) return FindExactly(0, rule.length.max, bytes);
    return FindPrefixed(rule.length, bytes);
}

FrameRule MakeRule(std::uint8_t kind, std::uint8_t size, std::uint8_t shape, std::string_view delimiter) {
    switch (kind % 4) {
        case 0: return FrameRule::Exactly(size);
        case 1: return FrameRule::Until(delimiter.empty() ? "\r\n\r\n" : delimiter, size);
        case 2: return FrameRule::Line(size);
        default: break;
    }
    iocp::LengthPrefix prefix;
    prefix.bytes = 1u + shape % 8;
    prefix.max = size;
    prefix.order = shape / 8 % 2 == 0 ? std::endian::big : std::endian::little;
    prefix.counts_itself = shape / 16 % 2 == 1;
    return FrameRule::Prefixed(prefix);
}

}  // namespace iocp_test
