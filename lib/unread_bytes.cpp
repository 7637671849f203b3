// SPDX-License-Identifier: MIT
#include "unread_bytes.h"

#include "buffer_pool.h"

#include <gsl/assert>

#include <algorithm>
#include <utility>

namespace iocp::detail {

namespace {

constexpr std::size_t kLeastMemory = 256;

UnreadBytes::Bytes View(Buffer* buffer) noexcept {
    if (buffer == nullptr) return {};
    return UnreadBytes::Bytes(buffer->Bytes(), buffer->size).subspan(buffer->taken);
}

std::size_t SizeOf(const Buffer* buffer) noexcept { return buffer == nullptr ? 0 : buffer->size - buffer->taken; }

void GiveBackTo(Buffer*& place) noexcept {
    if (Buffer* const buffer = std::exchange(place, nullptr)) buffer->GiveBack();
}

// `bytes`, of another buffer or of a later part of this one, are all that is in it.
void Fill(Buffer& buffer, UnreadBytes::Bytes bytes) noexcept {
    if (bytes.data() != buffer.Bytes()) std::copy(bytes.begin(), bytes.end(), buffer.Bytes());
    buffer.size = bytes.size();
    buffer.taken = 0;
}

}  // namespace

bool UnreadBytes::IsEmpty() const noexcept { return SizeOf(together_) + SizeOf(lent_) == 0; }

void UnreadBytes::Add(Buffer& buffer, std::size_t size) noexcept {
    Expects(lent_ == nullptr);
    lent_ = &buffer;
    buffer.size = size;
    buffer.taken = 0;
}

FrameParser::Verdict UnreadBytes::Search(FrameParser& parser) const noexcept {
    const Bytes together = View(together_);
    if (parser.Seen() < together.size()) {
        const auto verdict = parser.Look(together.subspan(parser.Seen()));
        if (verdict != FrameParser::Verdict::More) return verdict;
    }
    return parser.Look(View(lent_).subspan(parser.Seen() - together.size()));
}

std::optional<UnreadBytes::Bytes> UnreadBytes::Take(std::size_t count) noexcept {
    const std::size_t together = SizeOf(together_);
    if (together > 0 && count > together && !PutTogether(count - together, count)) return std::nullopt;
    Buffer* const from = together > 0 ? together_ : lent_;
    const Bytes taken = View(from).first(count);
    if (from != nullptr) from->taken += count;
    return taken;
}

bool UnreadBytes::Settle(std::size_t most) noexcept {
    if (SizeOf(lent_) > 0 && !PutTogether(SizeOf(lent_), most)) return false;
    GiveBackTo(lent_);
    if (SizeOf(together_) == 0) GiveBackTo(together_);
    return true;
}

UnreadBytes::Bytes UnreadBytes::Gather() noexcept {
    if (SizeOf(together_) == 0) return View(lent_);
    static_cast<void>(Settle(0));
    return View(together_);
}

Buffer& UnreadBytes::TakePiece() noexcept {
    Buffer* const piece = std::exchange(SizeOf(together_) > 0 ? together_ : lent_, nullptr);
    Fill(*piece, View(piece));
    return *piece;
}

std::size_t UnreadBytes::TakeInto(std::span<std::byte> memory) noexcept {
    std::size_t taken = 0;
    for (Buffer* const piece : {together_, lent_}) {
        if (piece == nullptr) continue;
        const Bytes bytes = View(piece).first(std::min(SizeOf(piece), memory.size() - taken));
        std::copy(bytes.begin(), bytes.end(), memory.subspan(taken).begin());
        piece->taken += bytes.size();
        taken += bytes.size();
    }
    return taken;
}

void UnreadBytes::Drop() noexcept {
    GiveBackTo(together_);
    GiveBackTo(lent_);
}

bool UnreadBytes::MakeRoom(std::size_t count, std::size_t most) noexcept {
    const std::size_t needed = SizeOf(together_) + count;
    const std::size_t capacity = together_ != nullptr ? together_->Capacity() : 0;
    if (together_ != nullptr && needed <= capacity) {
        if (together_->size + count > capacity) Fill(*together_, View(together_));
        return true;
    }
    Buffer* const larger = Buffer::Make(std::max(needed, std::min(std::max(2 * capacity, kLeastMemory), most)));
    if (larger == nullptr) return false;
    Fill(*larger, View(together_));
    GiveBackTo(together_);
    together_ = larger;
    return true;
}

bool UnreadBytes::PutTogether(std::size_t count, std::size_t most) noexcept {
    if (!MakeRoom(count, most)) return false;
    const Bytes bytes = View(lent_).first(count);
    std::copy(bytes.begin(), bytes.end(), together_->Bytes() + together_->size);
    together_->size += count;
    lent_->taken += count;
    return true;
}

}  // namespace iocp::detail
