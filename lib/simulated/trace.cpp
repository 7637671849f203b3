// SPDX-License-Identifier: MIT
#include "trace.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace iocp::detail {

namespace {

std::string Seconds(std::chrono::nanoseconds time) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6f s", static_cast<double>(time.count()) / 1e9);
    return text;
}

}  // namespace

// FNV-1a, eight bytes at a time.
void Trace::Mix(std::uint64_t value) noexcept {
    for (int i = 0; i < 8; ++i) {
        hash_ = (hash_ ^ (value & 0xff)) * 0x100000001b3u;
        value >>= 8;
    }
}

void Trace::Add(std::chrono::nanoseconds time, std::uint64_t connection, std::string_view what, std::uint64_t value) {
    Mix(static_cast<std::uint64_t>(time.count()));
    Mix(connection);
    for (const char letter : what) Mix(static_cast<unsigned char>(letter));
    Mix(value);

    Story& story = stories_[connection];
    story.number = connection;
    auto& last = story.last;
    if (last.size() == kKept) last.pop_front();
    last.push_back({time, what, value});
}

std::string Trace::Report() const {
    std::vector<const Story*> stories;
    for (const auto& [connection, story] : stories_)
        if (!story.last.empty()) stories.push_back(&story);
    std::sort(stories.begin(), stories.end(), [](const Story* one, const Story* other) {
        const auto one_time = one->last.back().time;
        const auto other_time = other->last.back().time;
        return one_time != other_time ? one_time > other_time : one->number < other->number;
    });
    if (stories.size() > kReported) stories.resize(kReported);

    std::string report;
    for (const Story* story : stories) {
        report.append(story->name).append("\n");
        for (const Event& event : story->last)
            report.append("  ")
                .append(Seconds(event.time))
                .append("  ")
                .append(event.what)
                .append(" ")
                .append(std::to_string(event.value))
                .append("\n");
    }
    return report;
}

}  // namespace iocp::detail
