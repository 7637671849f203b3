// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/result.h>

#include <bit>
#include <cstddef>
#include <span>
#include <string_view>

namespace iocp {

// How the length in front of a frame is written, and the longest frame that is let in. Plain numbers, safe to copy.
struct LengthPrefix {
    std::size_t bytes = 4;                    // of the length itself: 1 to 8
    std::size_t max = std::size_t{64} << 10;  // bytes of a frame, without its length
    std::endian order = std::endian::big;     // which byte of the length comes first
    bool counts_itself = false;               // the length includes its own bytes
};

// What one RecvExactly, RecvUntil, RecvLine or RecvFrame brought: a view of the frame, or the reason why none came.
//
// Owns nothing: the client owns the bytes. They are there until the next call of Recv or one of its kin on that client
// begins, or until the client has ended. Two views of one client are never valid at once: to keep a frame, copy its
// bytes. Thread rule: stays on its client's worker.
class Frame : public Result {
public:
    Frame() noexcept = default;
    Frame(const Result& result, const std::byte* bytes) noexcept : Result(result), bytes_(bytes) {}

    // The frame, without what marks its end or tells its length. After a failure: all bytes that have come and that no
    // call has taken; they stay for the next call.
    [[nodiscard]] std::span<const std::byte> Bytes() const noexcept { return {bytes_, size()}; }
    [[nodiscard]] std::string_view Text() const noexcept { return {reinterpret_cast<const char*>(bytes_), size()}; }

    // A contiguous range, so that it can be sent as it is.
    [[nodiscard]] const std::byte* data() const noexcept { return bytes_; }
    [[nodiscard]] const std::byte* begin() const noexcept { return bytes_; }
    [[nodiscard]] const std::byte* end() const noexcept { return bytes_ + size(); }

private:
    const std::byte* bytes_ = nullptr;
};

}  // namespace iocp
