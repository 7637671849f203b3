// SPDX-License-Identifier: MIT
// Where a frame ends in bytes that have come: by its delimiter, or by the length in front.
#include "allocations.h"

#include <benchmark/benchmark.h>
#include <iocp/frame_parser.h>

#include <cstddef>
#include <span>
#include <string>

namespace {

using iocp::detail::FrameParser;
using iocp::detail::FrameRule;

// `text` is the frame as it comes.
void FindFrame(benchmark::State& state, const FrameRule& rule, const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    {
        const micro::Allocations allocations(state);
        for (auto _ : state) {
            FrameParser parser(rule);
            if (parser.Look(bytes) != FrameParser::Verdict::Whole) state.SkipWithError("no frame was found");
            benchmark::DoNotOptimize(parser.Size());
        }
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

void FindLine(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    FindFrame(state, FrameRule::Line(size), std::string(size - 2, 'm') + "\r\n");
}
BENCHMARK(FindLine)->Arg(64)->Arg(1'024)->Arg(16'384);

void FindPrefixed(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const std::size_t length = size - 4;
    const std::string prefix{'\0', '\0', static_cast<char>(length >> 8), static_cast<char>(length)};
    FindFrame(state, FrameRule::Prefixed({}), prefix + std::string(length, 'm'));
}
BENCHMARK(FindPrefixed)->Arg(64)->Arg(1'024)->Arg(16'384);

}  // namespace
