// SPDX-License-Identifier: MIT
// Reads frame after frame from bytes that come in pieces, as a connection does, and compares each with what is found in
// all of the bytes at once. The input says the rules, the pieces and the bytes.
#include "buffer_pool.h"
#include "support/reference_frames.h"
#include "unread_bytes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

namespace {

using iocp::detail::Buffer;
using iocp::detail::FrameParser;
using iocp::detail::FrameRule;
using iocp::detail::UnreadBytes;
using Verdict = FrameParser::Verdict;

void Require(bool holds, const char* sentence) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", sentence);
    std::abort();
}

// The first bytes of the input: four rules that take turns, a delimiter, a limit, and the sizes of pieces.
struct Plan {
    std::array<std::uint8_t, 12> rules{};
    std::array<std::uint8_t, 4> pieces{};
    std::uint8_t delimiter_size = 0;  // in three bits; the others are the limit
    std::array<char, 7> delimiter{};

    [[nodiscard]] FrameRule Rule(std::size_t turn) const {
        const std::size_t at = turn % 4 * 3;
        return iocp_test::MakeRule(rules[at], rules[at + 1], rules[at + 2],
                                   std::string_view(delimiter.data(), delimiter_size % 8u));
    }

    // Bytes, as Limits::frame has them.
    [[nodiscard]] std::size_t Limit() const { return delimiter_size / 8 * 6u; }
};

Plan TakePlan(std::span<const std::uint8_t>& input) {
    Plan plan;
    const auto take = [&input] {
        if (input.empty()) return std::uint8_t{0};
        const std::uint8_t first = input.front();
        input = input.subspan(1);
        return first;
    };
    for (auto& rule : plan.rules) rule = take();
    for (auto& piece : plan.pieces) piece = take();
    plan.delimiter_size = take();
    for (auto& letter : plan.delimiter) letter = static_cast<char>(take());
    return plan;
}

// What stands between the socket and a handler, fed from memory.
class Reader {
public:
    Reader(const Plan& plan, std::string_view stream) : plan_(plan), stream_(stream) {}

    // False: the stream has ended before the frame has.
    bool Read(FrameParser& parser) {
        for (;;) {
            verdict_ = unread_.Search(parser);
            if (verdict_ != Verdict::More) return true;
            if (received_ == stream_.size()) return false;
            Require(unread_.Settle(parser.Most()), "there is memory");
            Receive();
        }
    }

    void TakeFrame(const FrameParser& parser) {
        const auto bytes = unread_.Take(parser.Seen());
        Require(bytes.has_value(), "there is memory for a frame");
        frame_ = std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
        taken_ += frame_.size();
    }

    // Takes what is left as Recv does, and as Recv(span) does; yields how much it was.
    std::size_t TakeSome() {
        const std::string_view left = Left();
        std::array<std::byte, 3> some{};
        const std::size_t count = unread_.TakeInto(some);
        Require(left.starts_with({reinterpret_cast<const char*>(some.data()), count}), "some of the bytes are next");
        taken_ += count;
        if (unread_.IsEmpty()) return count;
        Buffer& piece = unread_.TakePiece();
        const std::size_t size = piece.size;
        Require(Left().starts_with({reinterpret_cast<const char*>(piece.Bytes()), size}), "a piece is next");
        taken_ += size;
        piece.GiveBack();
        return count + size;
    }

    void GatherAll() {
        const auto all = unread_.Gather();
        const std::string_view text(reinterpret_cast<const char*>(all.data()), all.size());
        Require(text == stream_.substr(taken_, received_ - taken_), "all that is unread can be seen");
    }

    [[nodiscard]] std::string_view Left() const { return stream_.substr(taken_); }
    [[nodiscard]] std::string_view Frame() const { return frame_; }
    [[nodiscard]] FrameParser::Verdict Said() const { return verdict_; }

private:
    void Receive() {
        const std::size_t wanted = plan_.pieces[pieces_++ % plan_.pieces.size()] % 64u;
        const std::string_view piece = stream_.substr(received_, wanted > 0 ? wanted : std::string_view::npos);
        Buffer* const buffer = Buffer::Make(piece.size());
        Require(buffer != nullptr, "there is memory for a buffer");
        std::copy(piece.begin(), piece.end(), reinterpret_cast<char*>(buffer->Bytes()));
        unread_.Add(*buffer, piece.size());
        received_ += piece.size();
    }

    const Plan& plan_;
    const std::string_view stream_;
    UnreadBytes unread_;
    std::size_t received_ = 0;
    std::size_t taken_ = 0;
    std::size_t pieces_ = 0;
    std::string_view frame_;
    FrameParser::Verdict verdict_ = Verdict::More;
};

// What a frame is that must not be longer than `limit` either.
iocp_test::ReferenceFrame FindLimited(FrameRule rule, std::size_t limit, std::string_view bytes) {
    const std::size_t wanted = rule.length.max;
    if (limit == 0 || limit >= wanted) return iocp_test::FindFrame(rule, bytes);
    if (rule.delimiter.empty() && rule.length.bytes == 0) return {Verdict::TooLong};
    rule.length.max = limit;
    return iocp_test::FindFrame(rule, bytes);
}

void Compare(const Plan& plan, std::string_view stream) {
    Reader reader(plan, stream);
    for (std::size_t turn = 0; turn < 1000; ++turn) {
        const FrameRule rule = plan.Rule(turn);
        FrameParser parser(rule);
        if (plan.Limit() > 0) parser.LimitTo(plan.Limit());
        const std::string_view left = reader.Left();
        const auto expected = FindLimited(rule, plan.Limit(), left);
        const bool ended = !reader.Read(parser);
        Require(ended == (expected.verdict == Verdict::More), "a frame ends where it ends at once");
        if (!ended) Require(reader.Said() == expected.verdict, "the verdict is the same at once");
        if (ended || expected.verdict == Verdict::TooLong) {
            reader.GatherAll();
            if (reader.TakeSome() == 0) return;
            continue;
        }
        Require(parser.Begin() == expected.begin && parser.Size() == expected.size, "the frame is the same at once");
        Require(parser.Seen() == expected.taken && parser.Seen() <= parser.Most(), "it takes the same at once");
        reader.TakeFrame(parser);
        Require(reader.Frame() == left.substr(0, expected.taken), "its bytes are those of the stream");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::span<const std::uint8_t> input(data, size);
    const Plan plan = TakePlan(input);
    Compare(plan, {reinterpret_cast<const char*>(input.data()), input.size()});
    return 0;
}
