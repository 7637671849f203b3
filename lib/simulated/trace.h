// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace iocp::detail {

// What happened in a simulation: a hash of everything, and the last events of each connection.
class Trace {
public:
    // `what` is a literal; `connection` 0 is the simulation itself.
    void Add(std::chrono::nanoseconds time, std::uint64_t connection, std::string_view what, std::uint64_t value = 0);

    // The line with which a connection appears in the report.
    void Name(std::uint64_t connection, std::string name) { StoryOf(connection).name = std::move(name); }

    [[nodiscard]] std::uint64_t Hash() const noexcept { return hash_; }
    [[nodiscard]] std::string Report() const;

private:
    static constexpr std::size_t kKept = 8;       // events of each connection
    static constexpr std::size_t kReported = 40;  // connections, those with the latest events

    struct Event {
        std::chrono::nanoseconds time;
        std::string_view what;
        std::uint64_t value;
    };
    struct Story {
        std::string name;
        std::array<Event, kKept> last{};  // event n is at n % kKept
        std::size_t count = 0;            // of all events that there were

        [[nodiscard]] const Event& Last() const { return last[(count - 1) % kKept]; }
    };

    [[nodiscard]] Story& StoryOf(std::uint64_t connection);

    void Mix(std::uint64_t value) noexcept;

    std::uint64_t hash_ = 0xcbf29ce484222325u;
    std::vector<Story> stories_;  // by number: connections are numbered one after another
};

}  // namespace iocp::detail
