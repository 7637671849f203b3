// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <utility>

namespace iocp_test {

// Another thread that does one thing in each round, as soon as the round begins.
class Rival {
public:
    explicit Rival(std::function<void()> strike) : strike_(std::move(strike)), thread_([this] { Run(); }) {}
    Rival(const Rival&) = delete;
    Rival& operator=(const Rival&) = delete;
    ~Rival() {
        begun_ = kNoMore;
        thread_.join();
    }

    void BeginRound() { ++begun_; }
    void AwaitStrike() const {
        while (struck_ != begun_) std::this_thread::yield();
    }

private:
    static constexpr std::uint32_t kNoMore = ~std::uint32_t{0};

    void Run() {
        while (begun_ != kNoMore) {
            if (struck_ == begun_) {
                std::this_thread::yield();
                continue;
            }
            strike_();
            ++struck_;
        }
    }

    std::function<void()> strike_;
    std::atomic<std::uint32_t> begun_ = 0;
    std::atomic<std::uint32_t> struck_ = 0;
    std::thread thread_;
};

}  // namespace iocp_test
