// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/frame_parser.h>

#include <cstddef>
#include <optional>
#include <span>

namespace iocp::detail {

class Buffer;

// What has come over a connection and no call has taken yet: bytes put together in memory of their own, and behind them
// the rest of one receive buffer. Used on the connection's worker; holds nothing of the worker's after Drop.
class UnreadBytes {
public:
    using Bytes = std::span<const std::byte>;

    UnreadBytes() noexcept = default;
    UnreadBytes(const UnreadBytes&) = delete;
    UnreadBytes& operator=(const UnreadBytes&) = delete;
    ~UnreadBytes() { Drop(); }

    [[nodiscard]] bool IsEmpty() const noexcept;

    // No memory at all; without it, bytes that were taken may still be looked at.
    [[nodiscard]] bool HoldsNothing() const noexcept { return together_ == nullptr && lent_ == nullptr; }

    // `buffer` with `size` bytes, the next that came. After Settle only.
    void Add(Buffer& buffer, std::size_t size) noexcept;

    // Lets `parser` look at what it has not seen.
    [[nodiscard]] FrameParser::Verdict Search(FrameParser& parser) const noexcept;

    // Takes the first `count` bytes, as one piece that stays until the next call; copies only where they are not one.
    // Nothing where there is no memory.
    [[nodiscard]] std::optional<Bytes> Take(std::size_t count) noexcept;

    // Gives the receive buffer back, after putting together what is left; to be called before more is waited for, as
    // who waits must not hold a buffer. Memory grows with what has come, not with `most`, which it will not exceed.
    // False: there is no memory.
    [[nodiscard]] bool Settle(std::size_t most) noexcept;

    // All bytes as one piece, which are not taken by that; as many as there is memory for.
    [[nodiscard]] Bytes Gather() noexcept;

    // For those who take what there is: one of the pieces with its memory, which has `size` bytes from its beginning
    // on, or as much as `memory` has room for. Only where it is not empty.
    [[nodiscard]] Buffer& TakePiece() noexcept;
    [[nodiscard]] std::size_t TakeInto(std::span<std::byte> memory) noexcept;

    void Drop() noexcept;

private:
    [[nodiscard]] bool MakeRoom(std::size_t count, std::size_t most) noexcept;

    // Moves `count` bytes of the receive buffer behind those together.
    [[nodiscard]] bool PutTogether(std::size_t count, std::size_t most) noexcept;

    Buffer* together_ = nullptr;
    Buffer* lent_ = nullptr;
};

}  // namespace iocp::detail
