// SPDX-License-Identifier: MIT
#include "conformance.h"

namespace iocp_test {

using TimeTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, TimeTest, EveryEngine(), NameOfEngine);

namespace {

Task<> ReadTwice(IOCP_Client& client, Conformance& test) {
    test.notes.Write(co_await client.Recv());
    test.notes.Write(co_await client.Recv());
}

Task<int> CountSleeps() {
    int count = 0;
    while (co_await iocp::Sleep(20ms)) ++count;
    co_return count;
}

Task<iocp::Received> ReadAtOnce(IOCP_Client& client) { co_return co_await client.Recv(); }

}  // namespace

TEST_P(TimeTest, ASleepIsNotTooShort) {
    Serve([](IOCP_Client&, Conformance& test) -> Task<> {
        const auto begin = iocp::Now();
        const auto slept = co_await iocp::Sleep(30ms);
        const bool early = iocp::Now() - begin < 30ms;
        test.notes.Write(slept);
        test.notes.Write(early ? "early" : "in time");
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(notes.Next(), "in time");
}

TEST_P(TimeTest, ASleepCanHaveADeadline) {
    Serve([](IOCP_Client&, Conformance& test) -> Task<> {
        test.notes.Write(co_await iocp::Sleep(1h).Within(1ms));
        test.notes.Write(co_await iocp::Sleep(1ms).Within(1h));
        test.notes.Write(co_await iocp::Sleep(1h).Until(iocp::Now() + 1ms));
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "timeout");
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(notes.Next(), "timeout");
}

TEST_P(TimeTest, AStopEndsASleep) {
    Serve([](IOCP_Client&, Conformance& test) -> Task<> { test.notes.Write(co_await iocp::Sleep(1h)); });
    const Peer peer(Where());
    Settle();
    core->Stop(5s);

    EXPECT_EQ(notes.Next(), "stopped");
}

TEST_P(TimeTest, ABeatIsNeverEarlyAndMissesAreCounted) {
    Serve([](IOCP_Client&, Conformance& test) -> Task<> {
        const auto begin = iocp::Now();
        iocp::Every beat(2ms);
        bool early = false;
        for (int i = 1; i <= 10; ++i) {
            const auto tick = co_await beat.Next();
            early = early || !tick || iocp::Now() - begin < (i + static_cast<int>(beat.Missed())) * 2ms;
        }
        test.notes.Write(early ? "early" : "in time");
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "in time");
}

TEST_P(TimeTest, YieldNowLetsOthersRun) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        bool ended = false;
        client.Spawn([&ended]() -> Task<> {
            for (int i = 0; i < 100; ++i) static_cast<void>(co_await iocp::YieldNow());
            ended = true;
        });
        while (!ended) static_cast<void>(co_await iocp::YieldNow());
        test.notes.Write("both ran");
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "both ran");
}

TEST_P(TimeTest, ATaskCanHaveADeadline) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto read = co_await ReadTwice(client, test).Within(50ms);
        test.notes.Write(read);
        const auto counted = co_await CountSleeps().Within(50ms);
        test.notes.Write(counted);
        test.notes.Write(*counted < 3 ? "in time" : "late");
        const auto message = co_await ReadAtOnce(client).Within(1ms);
        test.notes.Write(message);
        const auto last = co_await ReadAtOnce(client).Within(1h);
        test.notes.Write(std::string(last.Text()));
    });
    Peer peer(Where());
    peer.Send("first");

    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_EQ(notes.Next(), "timeout");  // of the second read
    EXPECT_EQ(notes.Next(), "timeout");  // of the task
    EXPECT_EQ(notes.Next(), "timeout");
    EXPECT_EQ(notes.Next(), "in time");
    EXPECT_EQ(notes.Next(), "timeout");
    peer.Send("last");
    EXPECT_EQ(notes.Next(), "last");
}

TEST_P(TimeTest, TheDeadlinesOfTasksNest) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto outer = [](IOCP_Client& of, Conformance& in) -> Task<> {
            in.notes.Write(co_await ReadTwice(of, in).Within(1h));
        };
        test.notes.Write(co_await outer(client, test).Within(5ms));
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "timeout");  // the first read
    EXPECT_EQ(notes.Next(), "timeout");  // and the second, at once
    EXPECT_EQ(notes.Next(), "timeout");  // what was inside the outer one ended with it
    EXPECT_EQ(notes.Next(), "timeout");
}

TEST_P(TimeTest, ADeadlineBoundsConnecting) {
    Serve([](IOCP_Client&, Conformance& test) -> Task<> {
        const iocp::Endpoint nobody(iocp::Endpoint::Family::V4, {192, 0, 2, 1}, 9);  // RFC 5737: leads nowhere
        const auto connected = co_await iocp::Connect(nobody).Within(20ms);
        test.notes.Write(connected ? "connected" : connected.Why() == Outcome::Ok ? "ok" : "not connected");
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "not connected");
}

}  // namespace iocp_test
