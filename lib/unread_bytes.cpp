// SPDX-License-Identifier: MIT
#include "unread_bytes.h"

#include "buffer_pool.h"

#include <gsl/assert>

#include <algorithm>
#include <utility>

namespace iocp::detail {

namespace {

constexpr std::size_t kLeastMemory = 256;

}  // namespace

UnreadBytes::Bytes UnreadBytes::Piece::View() const noexcept {
    return buffer == nullptr ? Bytes() : Bytes(buffer->Bytes() + begin, Size());
}

void UnreadBytes::Add(Buffer& buffer, std::size_t size) noexcept {
    Expects(lent_.buffer == nullptr);
    lent_ = {&buffer, 0, size};
}

FrameParser::Verdict UnreadBytes::Search(FrameParser& parser) const noexcept {
    if (parser.Seen() < together_.Size()) {
        const auto verdict = parser.Look(together_.View().subspan(parser.Seen()));
        if (verdict != FrameParser::Verdict::More) return verdict;
    }
    return parser.Look(lent_.View().subspan(parser.Seen() - together_.Size()));
}

std::optional<UnreadBytes::Bytes> UnreadBytes::Take(std::size_t count) noexcept {
    const std::size_t together = together_.Size();
    if (together > 0 && count > together && !PutTogether(count - together, count)) return std::nullopt;
    Piece& from = together > 0 ? together_ : lent_;
    const Bytes taken = from.View().first(count);
    from.begin += count;
    return taken;
}

bool UnreadBytes::Settle(std::size_t most) noexcept {
    if (lent_.Size() > 0 && !PutTogether(lent_.Size(), most)) return false;
    Drop(lent_);
    if (together_.Size() == 0) Drop(together_);
    return true;
}

UnreadBytes::Bytes UnreadBytes::Gather() noexcept {
    if (together_.Size() == 0) return lent_.View();
    static_cast<void>(Settle(0));
    return together_.View();
}

UnreadBytes::Piece UnreadBytes::TakePiece() noexcept {
    Piece& piece = together_.Size() > 0 ? together_ : lent_;
    MoveToFront(piece);
    return std::exchange(piece, {});
}

std::size_t UnreadBytes::TakeInto(std::span<std::byte> memory) noexcept {
    std::size_t taken = 0;
    for (Piece* piece : {&together_, &lent_}) {
        const Bytes bytes = piece->View().first(std::min(piece->Size(), memory.size() - taken));
        std::copy(bytes.begin(), bytes.end(), memory.subspan(taken).begin());
        piece->begin += bytes.size();
        taken += bytes.size();
    }
    return taken;
}

void UnreadBytes::Drop() noexcept {
    Drop(together_);
    Drop(lent_);
}

void UnreadBytes::Drop(Piece& piece) noexcept {
    if (piece.buffer != nullptr) piece.buffer->GiveBack();
    piece = {};
}

void UnreadBytes::MoveToFront(Piece& piece) noexcept {
    const Bytes bytes = piece.View();
    if (piece.begin > 0) std::copy(bytes.begin(), bytes.end(), piece.buffer->Bytes());
    piece = {piece.buffer, 0, bytes.size()};
}

bool UnreadBytes::MakeRoom(std::size_t count, std::size_t most) noexcept {
    const std::size_t needed = together_.Size() + count;
    std::size_t capacity = 0;
    if (together_.buffer != nullptr) {
        capacity = together_.buffer->Capacity();
        if (together_.end + count > capacity && needed <= capacity) MoveToFront(together_);
        if (together_.end + count <= capacity) return true;
    }
    Buffer* const larger = Buffer::Make(std::max(needed, std::min(std::max(2 * capacity, kLeastMemory), most)));
    if (larger == nullptr) return false;
    const Bytes bytes = together_.View();
    std::copy(bytes.begin(), bytes.end(), larger->Bytes());
    Drop(together_);
    together_ = {larger, 0, bytes.size()};
    return true;
}

bool UnreadBytes::PutTogether(std::size_t count, std::size_t most) noexcept {
    if (!MakeRoom(count, most)) return false;
    const Bytes bytes = lent_.View().first(count);
    std::copy(bytes.begin(), bytes.end(), together_.buffer->Bytes() + together_.end);
    together_.end += count;
    lent_.begin += count;
    return true;
}

}  // namespace iocp::detail
