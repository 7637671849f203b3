// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/checks.h>

#include <atomic>
#include <cstdint>

namespace iocp::detail {

// Which coroutine a worker runs at this moment, for another thread to look at. Kept in checked builds only.
class Activity {
public:
    struct Seen {
        std::uint64_t step = 0;  // the worker goes on, as long as it changes
        bool in_handler = false;
        std::uint64_t client_id = 0;
        const char* file = "";
        std::uint_least32_t line = 0;
    };

    // By the worker: from here on a coroutine of this client runs, which awaited at `place` last; then what ran before
    // it goes on.
    class Running {
    public:
        Running(ClientTag client, const Place& place) noexcept {
            if constexpr (kChecks) Begin(client, place);
        }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
        ~Running() {
            if constexpr (kChecks) End();
        }

    private:
        void Begin(ClientTag client, const Place& place) noexcept;
        void End() noexcept;

        Seen before_;
    };

    // By the worker: the coroutine that runs has got past another await.
    void GoesOn(const Place& place) noexcept;

    // From any thread.
    [[nodiscard]] Seen Look() const noexcept;

private:
    void Set(const Seen& seen) noexcept;

    // Of one writer; those between two equal values of step_ belong together.
    std::atomic<std::uint64_t> step_ = 0;
    std::atomic<bool> in_handler_ = false;
    std::atomic<std::uint64_t> client_id_ = 0;
    std::atomic<const char*> file_ = "";
    std::atomic<std::uint_least32_t> line_ = 0;
};

}  // namespace iocp::detail
