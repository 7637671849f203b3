// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <stdexcept>
#include <string_view>
#include <variant>

namespace iocp_test {

using GroupTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, GroupTest, EveryEngine(), NameOfEngine);

namespace {

Task<std::string> ReadOne(IOCP_Client& client) {
    const auto message = co_await client.Recv();
    co_return message ? std::string(message.Text()) : std::string(ToString(message.Why()));
}

Task<> SleepAndNote(Conformance& test, std::chrono::milliseconds duration, std::string_view name) {
    const auto slept = co_await iocp::Sleep(duration);
    test.notes.Write(std::string(name) + " " + std::string(ToString(slept.Why())));
}

Task<int> Number(int number) { co_return number; }

Task<> Throw(std::chrono::milliseconds after) {
    static_cast<void>(co_await iocp::Sleep(after));
    throw std::runtime_error("planned");
}

}  // namespace

TEST_P(GroupTest, AllWaitsForEach) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto [message, number, nothing] =
            co_await iocp::All(ReadOne(client), Number(7), SleepAndNote(test, 1ms, "sleep"));
        static_cast<void>(nothing);
        test.notes.Write(message + " " + std::to_string(number));
    });
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), "sleep ok");
    peer.Send("hello");
    EXPECT_EQ(notes.Next(), "hello 7");
}

TEST_P(GroupTest, AllOfTasksThatEndAtOnceDoesNotSuspend) {
    Serve([](IOCP_Client&, Conformance& test) -> Task<> {
        int sum = 0;
        for (int i = 0; i < 100'000; ++i) {
            const auto [a, b] = co_await iocp::All(Number(1), Number(2));
            sum += a + b;
        }
        test.notes.Write(std::to_string(sum));
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "300000");
}

TEST_P(GroupTest, AnExceptionEndsTheOthersOfAll) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        try {
            co_await iocp::All(SleepAndNote(test, 1h, "sleep"), Throw(1ms), ReadOne(client));
        } catch (const std::exception& error) {
            test.notes.Write(error.what());
        }
        test.notes.Write(co_await client.Recv());
    });
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), "sleep stopped");
    EXPECT_EQ(notes.Next(), "planned");
    peer.Send("hello");
    EXPECT_EQ(notes.Next(), "ok");
}

TEST_P(GroupTest, RaceEndsTheLosersAndWaitsForThem) {
    Serve([](IOCP_Client&, Conformance& test) -> Task<> {
        const std::size_t first =
            co_await iocp::Race(SleepAndNote(test, 1h, "first"), SleepAndNote(test, 1ms, "second"));
        test.notes.Write(std::to_string(first));
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "second ok");
    EXPECT_EQ(notes.Next(), "first stopped");
    EXPECT_EQ(notes.Next(), "1");
}

TEST_P(GroupTest, RaceTakesTheLibrarysCallsToo) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (;;) {
            auto raced = co_await iocp::Race(client.Recv(), iocp::Sleep(20ms));
            if (raced.index() == 1) break;
            test.notes.Write(std::string(std::get<0>(raced).Text()));
        }
        test.notes.Write("slept");
        const auto next = co_await client.Recv();
        test.notes.Write(std::string(next.Text()));
    });
    Peer peer(Where());
    peer.Send("hello");

    EXPECT_EQ(notes.Next(), "hello");
    EXPECT_EQ(notes.Next(), "slept");
    peer.Send("again");  // the receive that lost has taken nothing
    EXPECT_EQ(notes.Next(), "again");
}

TEST_P(GroupTest, RaceOfOneTypeTellsWhichWasFirst) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto first = co_await iocp::Race(iocp::Sleep(1h), client.Send("hello"), iocp::Sleep(1h));
        test.notes.Write(std::to_string(first.index) + " " + std::to_string(first.value.size()));
    });
    Peer peer(Where());

    EXPECT_EQ(peer.ReceiveAll(), "hello");
    EXPECT_EQ(notes.Next(), "1 5");
}

TEST_P(GroupTest, AFailureDecidesARace) {
    Serve([](IOCP_Client&, Conformance& test) -> Task<> {
        try {
            co_await iocp::Race(SleepAndNote(test, 1h, "sleep"), Throw(1ms));
        } catch (const std::exception& error) {
            test.notes.Write(error.what());
        }
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "sleep stopped");
    EXPECT_EQ(notes.Next(), "planned");
}

TEST_P(GroupTest, AStopReachesEveryBranch) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto [message, nothing] = co_await iocp::All(ReadOne(client), SleepAndNote(test, 1h, "sleep"));
        static_cast<void>(nothing);
        test.notes.Write("message " + message);
    });
    const Peer peer(Where());
    Settle();
    core->Stop(5s);

    EXPECT_EQ(notes.Next(), "sleep stopped");
    EXPECT_EQ(notes.Next(), "message stopped");
}

}  // namespace iocp_test
