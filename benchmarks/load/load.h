// SPDX-License-Identifier: MIT
// A load generator for echo servers, of one thread: it checks every byte that comes back.
#pragma once

#include "histogram.h"
#include "peers/load.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace load {

struct Settings {
    std::optional<Target> server;
    bool udp = false;
    bool churn = false;  // each round trip on a connection of its own
    std::size_t clients = 50;
    std::size_t bytes = 64;    // of each message
    std::size_t pipeline = 1;  // messages under way on each connection
    double rate = 0;           // messages per second, all clients together; 0: as fast as answers come
    double warm_up = 0.5;      // seconds before the measuring
    double seconds = 2;
    bool progress = false;   // a bar on standard error
    bool announced = false;  // a line "connected" on standard output, before the warm-up
};

struct Figures {
    Histogram latencies;
    double seconds = 0;
    std::uint64_t lost = 0;        // datagrams without an answer
    std::uint64_t unanswered = 0;  // messages that were due at a rate; in `latencies` with their age at the end
};

// Bytes in which no part looks like another; a stream of any length repeats them.
class Noise {
public:
    explicit Noise(std::size_t longest);

    // `size` bytes at `offset` of the stream.
    [[nodiscard]] std::span<const char> At(std::uint64_t offset, std::size_t size) const noexcept {
        return std::span(bytes_).subspan(offset % kPeriod, size);
    }

private:
    static constexpr std::size_t kPeriod = 65'521;

    std::vector<char> bytes_;
};

// Runs the load and measures it. Ends the process at the first wrong byte, and when nothing moves any more.
[[nodiscard]] Figures Run(const Settings& settings);

}  // namespace load
