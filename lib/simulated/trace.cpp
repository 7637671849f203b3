// SPDX-License-Identifier: MIT
#include "trace.h"

#include <algorithm>
#include <cstdio>

namespace iocp::detail {

namespace {

std::string Seconds(std::chrono::nanoseconds time) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6f s", static_cast<double>(time.count()) / 1e9);
    return text;
}

}  // namespace

// FNV-1a with words for bytes; what the multiplication moves up comes down again.
void Trace::Mix(std::uint64_t value) noexcept {
    hash_ = (hash_ ^ value) * 0x100000001b3u;
    hash_ ^= hash_ >> 32;
}

void Trace::Add(std::chrono::nanoseconds time, std::uint64_t connection, std::string_view what, std::uint64_t value) {
    Mix(static_cast<std::uint64_t>(time.count()));
    Mix(connection);
    for (const char letter : what) Mix(static_cast<unsigned char>(letter));
    Mix(value);

    Story& story = StoryOf(connection);
    story.last[story.count++ % kKept] = {time, what, value};
}

Trace::Story& Trace::StoryOf(std::uint64_t connection) {
    if (stories_.size() <= connection) stories_.resize(connection + 1);
    return stories_[connection];
}

std::string Trace::Report() const {
    std::vector<const Story*> stories;
    for (const Story& story : stories_)
        if (story.count > 0) stories.push_back(&story);
    std::sort(stories.begin(), stories.end(), [](const Story* one, const Story* other) {
        const auto one_time = one->Last().time;
        const auto other_time = other->Last().time;
        return one_time != other_time ? one_time > other_time : one < other;
    });
    if (stories.size() > kReported) stories.resize(kReported);

    std::string report;
    for (const Story* story : stories) {
        report.append(story->name).append("\n");
        for (std::size_t i = story->count - std::min(story->count, kKept); i < story->count; ++i) {
            const Event& event = story->last[i % kKept];
            report.append("  ")
                .append(Seconds(event.time))
                .append("  ")
                .append(event.what)
                .append(" ")
                .append(std::to_string(event.value))
                .append("\n");
        }
    }
    return report;
}

}  // namespace iocp::detail
