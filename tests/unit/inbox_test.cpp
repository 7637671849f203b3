// SPDX-License-Identifier: MIT
#include "inbox.h"

#include "engine.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace {

using iocp::SocketHandle;
using iocp::detail::Inbox;
using iocp::detail::Submission;

// Counts how often it is woken.
class WokenEngine final : public iocp::detail::Engine {
public:
    [[nodiscard]] std::string_view Name() const noexcept override { return "woken"; }
    [[nodiscard]] int Attach(SocketHandle, iocp::detail::SocketRole) noexcept override { return 0; }
    void Close(SocketHandle) noexcept override {}
    [[nodiscard]] Submission Submit(IOCP_Operation&) noexcept override { return Submission::Finished; }
    void Cancel(IOCP_Operation&) noexcept override {}
    void Wake() noexcept override {
        ++wakes;
        if (woken) woken();
    }
    void Wait(iocp::detail::OperationQueue&, std::chrono::nanoseconds) noexcept override {}

    int wakes = 0;  // guarded by the inbox
    std::function<void()> woken;
};

class InboxTest : public testing::Test {
protected:
    std::size_t RunAll() {
        std::vector<Inbox::Message> messages;
        inbox_.TakeInto(messages);
        for (Inbox::Message& message : messages) message();
        return messages.size();
    }

    Inbox inbox_;
    WokenEngine engine_;
};

TEST_F(InboxTest, TakesNothingBeforeItIsOpened) {
    EXPECT_FALSE(inbox_.Post([] { FAIL() << "it runs"; }));

    inbox_.Open(engine_);

    EXPECT_EQ(RunAll(), 0U);
    EXPECT_EQ(engine_.wakes, 0);
}

TEST_F(InboxTest, KeepsTheOrder) {
    std::vector<int> order;
    inbox_.Open(engine_);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(inbox_.Post([&order, i] { order.push_back(i); }));

    EXPECT_EQ(RunAll(), 5U);

    EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
    EXPECT_EQ(RunAll(), 0U);
}

TEST_F(InboxTest, WakesTheWorkerOnceForAllThatWaits) {
    inbox_.Open(engine_);
    for (int i = 0; i < 5; ++i) inbox_.Post([] {});
    EXPECT_EQ(engine_.wakes, 1);
    RunAll();

    inbox_.Post([] {});

    EXPECT_EQ(engine_.wakes, 2);
    RunAll();
}

// The worker looks without the lock, and may do so at once.
TEST_F(InboxTest, SeemsNotEmptyToWhoeverIsWoken) {
    bool seemed_empty = true;
    inbox_.Open(engine_);
    engine_.woken = [&] { seemed_empty = inbox_.SeemsEmpty(); };

    inbox_.Post([] {});

    EXPECT_EQ(engine_.wakes, 1);
    EXPECT_FALSE(seemed_empty);
    RunAll();
}

TEST_F(InboxTest, AMessageMayPostAnother) {
    bool ran = false;
    inbox_.Open(engine_);
    inbox_.Post([&] { inbox_.Post([&] { ran = true; }); });

    EXPECT_EQ(RunAll(), 1U);
    EXPECT_FALSE(ran);
    EXPECT_EQ(RunAll(), 1U);
    EXPECT_TRUE(ran);
}

TEST_F(InboxTest, ClosesOnlyWhenItIsEmpty) {
    inbox_.Open(engine_);
    inbox_.Post([] {});

    EXPECT_FALSE(inbox_.CloseIfEmpty());
    EXPECT_TRUE(inbox_.Post([] {}));
    EXPECT_EQ(RunAll(), 2U);
    EXPECT_TRUE(inbox_.CloseIfEmpty());
    EXPECT_FALSE(inbox_.Post([] {}));
}

TEST_F(InboxTest, AMessageThatIsRefusedIsDestroyed) {
    const auto held = std::make_shared<int>(0);

    EXPECT_FALSE(inbox_.Post([held] {}));

    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(InboxTest, LosesNothingOfSeveralThreads) {
    constexpr int kThreads = 4;
    constexpr int kMessages = 5000;
    std::vector<int> last(kThreads, -1);
    inbox_.Open(engine_);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([this, &last, thread] {
            for (int i = 0; i < kMessages; ++i) {
                inbox_.Post([&latest = last[static_cast<std::size_t>(thread)], i] {
                    EXPECT_EQ(latest + 1, i);
                    latest = i;
                });
            }
        });
    }

    std::size_t ran = 0;
    while (ran < kThreads * kMessages) {
        ran += RunAll();
        std::this_thread::yield();
    }

    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(ran, std::size_t{kThreads * kMessages});
    EXPECT_TRUE(inbox_.CloseIfEmpty());
}

}  // namespace
