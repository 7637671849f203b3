// SPDX-License-Identifier: MIT
// Frames found in the simplest way there is: all bytes at once, from the beginning. What the parser is compared with.
#pragma once

#include <iocp/frame_parser.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace iocp_test {

// How a frame lies at the beginning of some bytes.
struct ReferenceFrame {
    iocp::detail::FrameParser::Verdict verdict;
    std::size_t begin = 0;  // these three only where it is whole
    std::size_t size = 0;
    std::size_t taken = 0;
};

[[nodiscard]] ReferenceFrame FindFrame(const iocp::detail::FrameRule& rule, std::string_view bytes);

// The rule that some numbers make, and a delimiter, which must outlive it. Every rule can be made.
[[nodiscard]] iocp::detail::FrameRule MakeRule(std::uint8_t kind, std::uint8_t size, std::uint8_t shape,
                                               std::string_view delimiter);

}  // namespace iocp_test
