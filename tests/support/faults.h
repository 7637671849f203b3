// SPDX-License-Identifier: MIT
#pragma once

#include "simulated/random.h"
#include "support/decorators.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace iocp_test {

// What an engine is made to do now and then.
enum class Fault : std::uint8_t {
    FailAccept,  // as where descriptors are short, or the client has left again
    FailStream,  // a receive, a send or a connect fails as reset
    NoBuffer,    // a receive finds no buffer to lend
    ShortCount,  // a receive or send is asked for fewer bytes than wanted
    EndLater,    // what has ended is yielded some waits later
    NotAtOnce,   // what has finished in the call is said to be pending
    AtOnce,      // what is pending, and ends within a moment, is said to have finished in the call
    SpareWake,   // a wait returns for nothing
    Count,
};

inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::Count);

[[nodiscard]] std::string_view NameOf(Fault fault) noexcept;

// The native codes with which an accept may fail on this platform while its listener is in order.
[[nodiscard]] const std::vector<int>& AcceptFailures();

// A network whose engines misbehave within what their contract allows, at random, from a seed; and that counts each
// time.
class FaultyNetwork final : public NetworkDecorator {
public:
    using Chances = std::array<double, kFaults>;
    using Counts = std::array<std::uint64_t, kFaults>;

    FaultyNetwork(std::uint64_t seed, const Chances& chances, Network& inner = iocp::detail::SystemNetwork()) noexcept
        : NetworkDecorator(inner), seeds_(seed), chances_(chances) {}

    [[nodiscard]] std::unique_ptr<iocp::detail::Engine> MakeEngine(iocp::EngineKind kind, const iocp::Options& options,
                                                                   iocp::detail::BufferPool& buffers) override;

    // How often each has happened, in engines that have ended; and as one line of JSON.
    [[nodiscard]] Counts Fired() const;
    [[nodiscard]] std::string Json() const;

    // By an engine at its end.
    void Add(const Counts& fired);

private:
    mutable std::mutex mutex_;
    iocp::detail::Random seeds_;
    const Chances chances_;
    Counts fired_{};
};

}  // namespace iocp_test
