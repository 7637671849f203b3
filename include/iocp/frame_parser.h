// SPDX-License-Identifier: MIT
// What stands behind RecvExactly, RecvUntil, RecvLine and RecvFrame. Nothing here is called by users.
#pragma once

#include <iocp/frame.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace iocp::detail {

// What a framed call asks for. Either a delimiter ends the frame, or a length is known before the bytes come.
struct FrameRule {
    [[nodiscard]] static FrameRule Exactly(std::size_t size) noexcept;
    [[nodiscard]] static FrameRule Until(std::string_view delimiter, std::size_t max) noexcept;
    [[nodiscard]] static FrameRule Line(std::size_t max) noexcept;
    [[nodiscard]] static FrameRule Prefixed(const LengthPrefix& prefix) noexcept;

    std::string_view delimiter;  // empty: by length
    LengthPrefix length;         // `bytes` 0: `max` is the length, and none comes before the frame
    bool drops_return = false;   // a "\r" before the delimiter is part of it
};

// Finds the end of one frame in bytes that come in pieces, and looks at each byte once. What it finds depends on the
// bytes only, not on the pieces. A value; it keeps no byte.
class FrameParser {
public:
    enum class Verdict : std::uint8_t {
        More,     // nothing wrong so far
        Whole,    // the frame is there
        TooLong,  // whatever comes, the frame is longer than its maximum
    };

    explicit FrameParser(const FrameRule& rule) noexcept;

    // Lowers the maximum to `most`, where that is lower. Before the first Look.
    void LimitTo(std::size_t most) noexcept;

    // What was too long was longer than that `most`.
    [[nodiscard]] bool IsLimited() const noexcept { return limited_; }

    // Looks at bytes that follow those it has seen. To be asked again only after More.
    Verdict Look(std::span<const std::byte> bytes) noexcept;

    // Bytes seen. When the frame is whole: all that it takes from the stream.
    [[nodiscard]] std::size_t Seen() const noexcept { return seen_; }

    // Where among them the frame's own bytes begin, and how many they are; when it is whole.
    [[nodiscard]] std::size_t Begin() const noexcept { return rule_.delimiter.empty() ? rule_.length.bytes : 0; }
    [[nodiscard]] std::size_t Size() const noexcept { return size_; }

    // No frame takes more from the stream.
    [[nodiscard]] std::size_t Most() const noexcept;

private:
    Verdict LookByLength(std::span<const std::byte> bytes) noexcept;
    Verdict LookByDelimiter(std::span<const std::byte> bytes) noexcept;
    void AddToLength(std::byte byte) noexcept;
    void Match(std::byte byte) noexcept;
    [[nodiscard]] std::size_t Border(std::size_t matched) const noexcept;
    Verdict End() noexcept;

    FrameRule rule_;
    std::uint64_t length_ = 0;
    std::size_t seen_ = 0;
    std::size_t size_ = 0;
    std::size_t matched_ = 0;    // the bytes seen end with this much of the delimiter
    bool after_return_ = false;  // before those there is a "\r" that a line drops
    bool limited_ = false;
};

}  // namespace iocp::detail
