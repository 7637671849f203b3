// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/options.h>
#include <iocp/result.h>
#include <iocp/shared_bytes.h>

#include <cstddef>
#include <list>
#include <mutex>

namespace iocp::detail {

struct LiveCounters;

// What may wait to be sent to a client.
struct PostLimits {
    std::size_t most_bytes = std::size_t{1} << 20;
    OnFull on_full = OnFull::DropNewest;
};

// What was posted to a client and is not being sent yet: filled by any thread, emptied by the client's worker.
class Outbox {
public:
    // What becomes of a post.
    struct Verdict {
        Result result;
        bool begin = false;       // nobody empties the box: the caller is to see to it
        bool disconnect = false;  // the client is to be closed
    };

    // Without counters: one that is closed from the beginning.
    Outbox(LiveCounters* counters, const PostLimits& limits) noexcept
        : counters_(counters), limits_(limits), closed_(counters == nullptr) {}

    // One that is closed.
    [[nodiscard]] static Outbox& Closed() noexcept;

    [[nodiscard]] Verdict Post(SharedBytes bytes);

    // By whoever empties it: the next bytes to send, several posts in one where they are short and `join`. False: there
    // are none, and the next post is told to begin.
    [[nodiscard]] bool Take(SharedBytes& bytes, bool join);

    // Refuses what comes from now on, and forgets what is there.
    void Close() noexcept;

private:
    static constexpr std::size_t kJoined = 16 << 10;  // bytes; more is not worth copying

    void MakeRoom(Verdict& verdict, std::size_t size);

    LiveCounters* const counters_;  // not used after Close, when its core may be gone
    const PostLimits limits_;
    std::mutex mutex_;
    std::list<SharedBytes> queue_;
    std::size_t queued_bytes_ = 0;
    bool emptying_ = false;
    bool disconnected_ = false;
    bool closed_;
};

}  // namespace iocp::detail
