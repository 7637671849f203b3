// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <stdexcept>

namespace iocp_test {

using TaskTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, TaskTest, EveryEngine(), NameOfEngine);

namespace {

Task<> Note(std::string text, Conformance& test) {
    test.notes.Write(std::move(text));
    co_return;
}

Task<int> Length(IOCP_Client& client) {
    const auto message = co_await client.Recv();
    co_return static_cast<int>(message.size());
}

Task<std::string> Words(IOCP_Client& client) {
    const auto message = co_await client.Recv();
    co_return std::string(message.Text());
}

Task<std::unique_ptr<std::string>> Boxed(IOCP_Client& client) {
    co_return std::make_unique<std::string>(co_await Words(client));
}

Task<int> Fail(bool later, IOCP_Client& client) {
    if (later) co_await client.Recv();
    throw std::runtime_error(later ? "later" : "at once");
    co_return 0;
}

// As deep as it is told, and back.
Task<int> Depth(int depth, IOCP_Client& client) {
    if (depth == 0) co_return co_await Length(client);
    co_return 1 + co_await Depth(depth - 1, client);
}

// Tells when its frame is gone.
struct Parting {
    explicit Parting(Notes& to) : notes(&to) {}
    Parting(Parting&& other) noexcept : notes(std::exchange(other.notes, nullptr)) {}
    Parting& operator=(Parting&&) = delete;
    ~Parting() {
        if (notes != nullptr) notes->Write("gone");
    }
    Notes* notes;
};

Task<> NeverRun(Parting, Conformance& test) {
    test.notes.Write("ran");
    co_return;
}

}  // namespace

TEST_P(TaskTest, YieldsItsValueToTheOneThatAwaitsIt) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const int length = co_await Length(client);
        test.notes.Write(std::to_string(length));
        co_await client.Send(".");
        const std::string words = co_await Words(client);
        test.notes.Write(words);
        co_await client.Send(".");
        const auto boxed = co_await Boxed(client);
        test.notes.Write(*boxed);
        co_await client.Send(".");
        const int depth = co_await Depth(100, client);
        test.notes.Write(std::to_string(depth));
    });
    Peer peer(Where());

    for (const char* message : {"four", "some words", "in a box", "x"}) {
        peer.Send(message);
        static_cast<void>(peer.Receive(1));
    }

    for (const char* note : {"4", "some words", "in a box", "101"}) EXPECT_EQ(notes.Next(), note);
}

TEST_P(TaskTest, RethrowsWhatEscapedItAndTheHandlerGoesOn) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (const bool later : {false, true}) {
            try {
                test.notes.Write(std::to_string(co_await Fail(later, client)));
            } catch (const std::runtime_error& error) {
                test.notes.Write(error.what());
            }
        }
        co_await client.Send("still here");
    });
    Peer peer(Where());

    peer.Send("x");

    EXPECT_EQ(notes.Next(), "at once");
    EXPECT_EQ(notes.Next(), "later");
    EXPECT_EQ(peer.ReceiveAll(), "still here");
}

TEST_P(TaskTest, GivenBeforeTheStartRunsWhenTheCoreStarts) {
    Make(Echo);
    core->Spawn(Note("first", *this));
    core->Spawn(Note("second", *this));
    hooks.on_start = [this] {
        core->Spawn(Note("third", *this));
        notes.Write("started");
    };

    Start();

    for (const char* note : {"started", "first", "second", "third"}) EXPECT_EQ(notes.Next(), note);
}

TEST_P(TaskTest, GivenWhileTheCoreRunsRunsOnce) {
    workers = 2;
    Serve(Echo);

    for (int i = 0; i < 100; ++i) core->Spawn(Note("ran", *this));

    EXPECT_EQ(notes.NextSorted(100), Times(100, "ran"));
    core->Stop();
    EXPECT_EQ(notes.Rest(), std::vector<std::string>());
}

TEST_P(TaskTest, MayGiveOtherTasks) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.core->Spawn(Note("a task", test));
        co_await client.Recv();
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "a task");
}

TEST_P(TaskTest, GivenWhileTheCoreStopsIsDestroyedAndNeverRuns) {
    hooks.on_stop = [this] { core->Spawn(NeverRun(Parting(notes), *this)); };
    Serve(Echo);

    core->Stop();

    EXPECT_EQ(notes.Rest(), Times(1, "gone"));
}

TEST_P(TaskTest, GivenToACoreThatIsNeverStartedIsDestroyedWithIt) {
    Make(Echo);

    core->Spawn(NeverRun(Parting(notes), *this));
    core.reset();

    EXPECT_EQ(notes.Rest(), Times(1, "gone"));
}

TEST_P(TaskTest, ThatDoesNotEndIsUnwoundByStop) {
    Serve(Echo);
    core->Spawn([](Parting, Conformance& test) -> Task<> {
        test.notes.Write("waiting");
        co_await test.gate;
    }(Parting(notes), *this));
    EXPECT_EQ(notes.Next(), "waiting");

    core->Stop(0ms);

    EXPECT_EQ(notes.Rest(), Times(1, "gone"));
    EXPECT_EQ(core->Counters().handlers_unwound, 1u);
}

TEST_P(TaskTest, IsEmptyWhenItHasBeenMovedAway) {
    Task<> task = Note("never awaited", *this);
    EXPECT_TRUE(task);

    const Task<> other = std::move(task);
    const Task<> none;

    EXPECT_FALSE(task);
    EXPECT_TRUE(other);
    EXPECT_FALSE(none);
}

}  // namespace iocp_test
