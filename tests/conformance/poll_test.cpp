// SPDX-License-Identifier: MIT
// A core without threads, run by the application's own loop.
#include "conformance.h"

#include <atomic>
#include <thread>

namespace iocp_test {

using PollTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, PollTest, EveryEngine(), NameOfEngine);

namespace {

// Asks the server for an echo, on a thread of its own.
class Asking {
public:
    explicit Asking(const iocp::Endpoint& server)
        : thread_([this, server] {
              Peer peer(server);
              peer.Send("hello");
              answer_ = peer.Receive(5);
              ended_ = true;
          }) {}
    ~Asking() { thread_.join(); }

    [[nodiscard]] bool HasEnded() const { return ended_; }
    [[nodiscard]] const std::string& Answer() const { return answer_; }

private:
    std::string answer_;
    std::atomic<bool> ended_ = false;
    std::thread thread_;
};

}  // namespace

TEST_P(PollTest, HandlersRunOnThePollingThread) {
    Make([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write(std::this_thread::get_id());
        co_await Echo(client, test);
    });
    core->StartPolled();
    const Asking asking(Where());
    while (!asking.HasEnded()) EXPECT_TRUE(core->Poll(1ms));

    EXPECT_EQ(asking.Answer(), "hello");
    Notes here;
    here.Write(std::this_thread::get_id());
    EXPECT_EQ(notes.Next(), here.Next());
    core->Stop(0ms);
    EXPECT_FALSE(core->Poll());
    EXPECT_FALSE(core->IsRunning());
}

TEST_P(PollTest, TicksAndTheOtherHooksRunThereToo) {
    options.tick = 1ms;
    const auto here = std::this_thread::get_id();
    bool elsewhere = false;
    int ticks = 0;
    int stops = 0;
    hooks.on_tick = [&] {
        ++ticks;
        elsewhere = elsewhere || std::this_thread::get_id() != here;
    };
    hooks.on_stop = [&] {
        ++stops;
        elsewhere = elsewhere || std::this_thread::get_id() != here;
    };
    Make(Echo);
    core->StartPolled();
    while (ticks < 5) EXPECT_TRUE(core->Poll(1s));
    core->Stop();

    EXPECT_EQ(stops, 1);
    EXPECT_FALSE(elsewhere);
}

TEST_P(PollTest, AnotherThreadsStopIsCarriedOutByThePoller) {
    Make(Listen);
    core->StartPolled();
    std::thread stopper([this] { core->Stop(5s); });
    while (core->Poll(1s)) {
    }
    stopper.join();

    EXPECT_FALSE(core->IsRunning());
}

TEST_P(PollTest, AHandlerStopsIt) {
    Make([](IOCP_Client&, Conformance& test) -> Task<> {
        test.core->Stop(0ms);
        co_return;
    });
    core->StartPolled();
    const Peer peer(Where());
    while (core->Poll(1s)) {
    }
    EXPECT_FALSE(core->IsRunning());
}

TEST_P(PollTest, TwoCoresShareAThread) {
    Make(Echo);
    auto first = std::move(core);
    Make(Echo);
    first->StartPolled();
    core->StartPolled();
    const Asking one(first->Listening());
    const Asking two(Where());
    while (!one.HasEnded() || !two.HasEnded()) {
        EXPECT_TRUE(first->Poll(1ms));
        EXPECT_TRUE(core->Poll(1ms));
    }
    EXPECT_EQ(one.Answer() + two.Answer(), "hellohello");
}

TEST_P(PollTest, ItStartsAgainEitherWay) {
    Make(Echo);
    for (int i = 0; i < 50; ++i) {
        core->StartPolled();
        {
            const Asking asking(Where());
            while (!asking.HasEnded()) static_cast<void>(core->Poll(1ms));
            EXPECT_EQ(asking.Answer(), "hello");
        }
        core->Stop(0ms);
        core->Start(1);
        Peer peer(Where());
        peer.Send("again");
        EXPECT_EQ(peer.Receive(5), "again");
        core->Stop(0ms);
    }
}

}  // namespace iocp_test
