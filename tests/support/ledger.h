// SPDX-License-Identifier: MIT
#pragma once

#include "support/decorators.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

namespace iocp_test {

// What became of the operations of one kind.
struct Entries {
    std::uint64_t issued = 0;   // handed to an engine
    std::uint64_t at_once = 0;  // finished in the call; the others were yielded later
    std::uint64_t worked = 0;   // ended with a result
    std::uint64_t cancelled = 0;
    std::uint64_t failed = 0;
    std::uint64_t asked_to_cancel = 0;

    [[nodiscard]] std::uint64_t Finished() const noexcept { return worked + cancelled + failed; }
};

// A network whose engines keep books on every operation: each that was issued ends exactly once, none is touched by an
// engine that does not have it, and none is of memory that has been given back. What breaks the rule ends the program
// with a sentence, which says whose operation it was; in checked builds, where it was awaited too.
class LedgerNetwork final : public NetworkDecorator {
public:
    explicit LedgerNetwork(Network& inner = iocp::detail::SystemNetwork()) noexcept : NetworkDecorator(inner) {}

    static constexpr std::size_t kKinds = 8;
    using Books = std::array<Entries, kKinds>;

    [[nodiscard]] std::unique_ptr<iocp::detail::Engine> MakeEngine(iocp::EngineKind kind, const iocp::Options& options,
                                                                   iocp::detail::BufferPool& buffers) override;

    // Of the engines that have ended.
    [[nodiscard]] Books Closed() const;
    [[nodiscard]] Entries Sum() const;

    // Receive buffers that were still lent when the engine of their worker ended.
    [[nodiscard]] std::size_t BuffersOut() const;

    // One line: {"issued": 12, "finished": 12, "recv": {...}, ...}.
    [[nodiscard]] std::string Json() const;

    // By an engine at its end.
    void Close(const Books& books, std::size_t buffers_out);

private:
    mutable std::mutex mutex_;
    Books closed_{};
    std::size_t buffers_out_ = 0;
};

[[nodiscard]] std::string_view NameOf(IOCP_Operation::Kind kind) noexcept;

}  // namespace iocp_test
