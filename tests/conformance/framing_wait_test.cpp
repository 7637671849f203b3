// SPDX-License-Identifier: MIT
// Framed calls that wait: for more bytes, for a deadline, for others. And frames of datagrams.
#include "conformance.h"

#include <variant>

namespace iocp_test {

using FramingWaitTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, FramingWaitTest, EveryEngine(), NameOfEngine);

namespace {

std::string Quoted(const iocp::Frame& frame) {
    return std::string(ToString(frame.Why())) + " \"" + std::string(frame.Text()) + "\"";
}

Task<> NoteLines(IOCP_Client& client, Conformance& test) {
    Outcome last = Outcome::Ok;
    while (last == Outcome::Ok) {
        const auto line = co_await client.RecvLine(100);
        last = line.Why();
        test.notes.Write(Quoted(line));
    }
}

Task<> EchoLines(IOCP_Client& client, Conformance&) {
    while (auto line = co_await client.RecvLine(100)) co_await client.Send(line);
}

Task<> NoteWhenOthersHaveATurn(Conformance& test, const int& lines) {
    co_await iocp::YieldNow();
    test.notes.Write(lines < 2'000 ? "in between" : "at the end");
}

}  // namespace

TEST_P(FramingWaitTest, ATimeoutLosesNothing) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (int i = 0; i < 2; ++i) test.notes.Write(Quoted(co_await client.RecvLine(100).Within(20ms)));
        test.notes.Write(Quoted(co_await client.RecvLine(100).Until(std::chrono::steady_clock::now() + 20ms)));
        test.notes.Write(Quoted(co_await client.RecvLine(100).AsTask().Within(20ms)));
        test.notes.Write("waiting");
        test.notes.Write(Quoted(co_await client.RecvLine(100).Within(1h)));
    });
    const Peer peer(Where());

    peer.Send("one ");
    std::string last;
    for (int i = 0; i < 4; ++i) last = notes.Next();
    EXPECT_EQ(last, "timeout \"one \"");
    EXPECT_EQ(notes.Next(), "waiting");
    peer.Send("line\n");
    EXPECT_EQ(notes.Next(), "ok \"one line\"");
}

TEST_P(FramingWaitTest, NoByteIsLostBetweenDeadlinesAndArrivals) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        std::string all;
        Outcome last = Outcome::Ok;
        while (last == Outcome::Ok || last == Outcome::Timeout) {
            const auto frame = co_await client.RecvExactly(7).Within(1ms);
            if (frame) all += frame.Text();
            last = frame.Why();
            if (last == Outcome::Closed) all += frame.Text();
        }
        test.notes.Write(all == Noise(600) ? "all of it" : "something else");
    });
    const Peer peer(Where());

    for (const char byte : Noise(600)) {
        peer.Send({&byte, 1});
        if (byte % 8 == 0) Settle();
    }
    peer.FinishSending();

    EXPECT_EQ(notes.Next(), "all of it");
}

TEST_P(FramingWaitTest, TheDeadlineIsForTheWholeFrame) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write("waiting");
        const auto begin = std::chrono::steady_clock::now();
        const auto line = co_await client.RecvLine(1'000'000).Within(100ms);
        const bool early = std::chrono::steady_clock::now() - begin < 100ms;
        test.notes.Write(line);
        test.notes.Write(early ? "early" : "in time");
        test.notes.Write("end");
    });
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "waiting");

    std::vector<std::string> rest;
    while (rest.size() < 3) {
        peer.Send("x");
        std::this_thread::sleep_for(1ms);
        for (std::string& note : notes.Rest()) rest.push_back(std::move(note));
    }

    EXPECT_EQ(rest, (std::vector<std::string>{"timeout", "in time", "end"}));
}

TEST_P(FramingWaitTest, StopEndsAFramedCallThatWaits) {
    Serve(NoteLines);
    const Peer peer(Where());
    peer.Send("whole\nin part");
    EXPECT_EQ(notes.Next(), "ok \"whole\"");
    Settle();

    core->Stop();

    EXPECT_EQ(notes.Rest(), Times(1, "stopped \"in part\""));
}

TEST_P(FramingWaitTest, AFramedCallAfterCloseIsStoppedThoughItsFrameIsThere) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write(Quoted(co_await client.RecvLine(100)));
        client.Close();
        co_await iocp::Sleep(1h);
        test.notes.Write(Quoted(co_await client.RecvLine(100)));
        test.notes.Write(co_await client.Recv());
    });
    const Peer peer(Where());

    peer.Send("one\ntwo\n");

    EXPECT_EQ(notes.Next(), "ok \"one\"");
    EXPECT_EQ(notes.Next(), "stopped \"two\n\"");
    EXPECT_EQ(notes.Next(), "stopped");
}

TEST_P(FramingWaitTest, ARaceThatAFramedCallLosesTakesNoByte) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (int i = 0; i < 3; ++i) {
            const auto first = co_await iocp::Race(client.RecvLine(100), iocp::Sleep(10ms));
            test.notes.Write(std::to_string(first.index()));
        }
        test.notes.Write("waiting");
        test.notes.Write(Quoted(co_await client.RecvLine(100)));
        test.notes.Write(Quoted(co_await client.RecvLine(100).With(std::stop_token())));
    });
    const Peer peer(Where());

    peer.Send("one ");
    EXPECT_EQ(notes.NextSorted(4), (std::vector<std::string>{"1", "1", "1", "waiting"}));
    peer.Send("line\nand another\n");
    EXPECT_EQ(notes.Next(), "ok \"one line\"");
    EXPECT_EQ(notes.Next(), "ok \"and another\"");
}

TEST_P(FramingWaitTest, FramesThatAreThereLetOthersHaveTheirTurn) {
    options.receive_buffer = 1 << 16;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        int lines = 1;
        test.notes.Write("held");
        co_await test.gate;
        co_await client.RecvLine(10);
        client.Spawn(NoteWhenOthersHaveATurn, std::ref(test), std::cref(lines));
        for (; lines < 2'000; ++lines) co_await client.RecvLine(10);
        test.notes.Write(std::to_string(lines));
    });
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "held");
    std::string lines;
    for (int i = 0; i < 2'000; ++i) lines += "x\n";
    peer.Send(lines);
    Settle();

    OpenGate();

    EXPECT_EQ(notes.Next(), "in between");
    EXPECT_EQ(notes.Next(), "2000");
}

TEST_P(FramingWaitTest, RecvIntoMemoryLetsOthersHaveTheirTurn) {
    options.receive_buffer = 1 << 16;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        int bytes = 1;
        test.notes.Write("held");
        co_await test.gate;
        co_await client.RecvExactly(1);
        client.Spawn(NoteWhenOthersHaveATurn, std::ref(test), std::cref(bytes));
        std::array<std::byte, 1> memory;
        for (; bytes < 2'000; ++bytes) co_await client.Recv(memory);
        test.notes.Write(std::to_string(bytes));
    });
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "held");
    peer.Send(std::string(2'000, 'x'));
    Settle();

    OpenGate();

    EXPECT_EQ(notes.Next(), "in between");
    EXPECT_EQ(notes.Next(), "2000");
}

TEST_P(FramingWaitTest, ClientsThatWaitInAFrameHoldNoBuffer) {
    options.max_receive_buffers = 2;
    options.provided_buffers = 2;
    Serve(EchoLines);
    std::vector<Peer> peers;
    for (int i = 0; i < 20; ++i) {
        peers.emplace_back(Where());
        peers.back().Send("x\nin part");
        EXPECT_EQ(peers.back().Receive(1), "x");
    }

    for (Peer& peer : peers) {
        peer.Send(" and whole\n");
        EXPECT_EQ(peer.Receive(17), "in part and whole");
    }

    EXPECT_EQ(core->Counters().receive_buffers_out, 0u);
}

TEST_P(FramingWaitTest, ClientsWithUnreadBytesMayEnd) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await client.RecvLine(100);
        test.notes.Write("one");
    });

    for (int i = 0; i < 10; ++i) {
        Peer peer(Where());
        peer.Send("one\ntwo");
        EXPECT_EQ(notes.Next(), "one");
        EXPECT_NE(peer.AwaitEnd(), StreamEnd::Open);
    }
}

TEST_P(FramingWaitTest, AConnectionOfOurOwnReadsFrames) {
    Serve({Tcp([](IOCP_Client& client, Conformance& test) -> Task<> {
               auto server = co_await iocp::Connect(test.Where(1));
               co_await server->Send("one\ntwo\n");
               const auto both = co_await server->RecvExactly(6);
               co_await client.Send(both);
           }),
           Tcp(EchoLines)});
    Peer peer(Where());

    EXPECT_EQ(peer.ReceiveAll(), "onetwo");
}

TEST_P(FramingWaitTest, TheFramesOfADatagramComeOneAfterAnother) {
    Serve(Udp([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (int i = 0; i < 4; ++i) test.notes.Write(Quoted(co_await client.RecvLine(100)));
        test.notes.Write(Quoted(co_await client.RecvFrame({.bytes = 1, .max = 10})));
        test.notes.Write(Quoted(co_await client.RecvExactly(2)));
    }));
    const UdpPeer peer(Where());

    peer.Send("one\ntwo\r\n");
    peer.Send("");
    peer.Send("three\n");
    peer.Send("four\n\003abcde");

    for (const char* text : {"one", "two", "three", "four", "abc", "de"})
        EXPECT_EQ(notes.Next(), "ok \"" + std::string(text) + "\"");
}

TEST_P(FramingWaitTest, NoFrameLiesInTwoDatagrams) {
    Serve(Udp([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (int i = 0; i < 3; ++i) test.notes.Write(Quoted(co_await client.RecvLine(100)));
        const auto rest = co_await client.Recv();
        test.notes.Write(std::string(rest.Text()));
        test.notes.Write(Quoted(co_await client.RecvLine(100)));
        test.notes.Write(Quoted(co_await client.RecvLine(3)));
        const auto whole = co_await client.Recv();
        test.notes.Write(std::string(whole.Text()));
    }));
    const UdpPeer peer(Where());

    for (const char* datagram : {"one\nin part", "two\n", "three\n"}) peer.Send(datagram);

    for (const char* note : {"ok \"one\"", "closed \"in part\"", "closed \"in part\"", "in part", "ok \"two\"",
                             "too long \"three\n\"", "three\n"})
        EXPECT_EQ(notes.Next(), note);
}

TEST_P(FramingWaitTest, APeerThatIsSilentTimesOut) {
    auto listener = Udp(NoteLines);
    listener.limits.idle = 100ms;
    Serve(listener);
    const UdpPeer peer(Where());

    peer.Send("one\n");

    EXPECT_EQ(notes.Next(), "ok \"one\"");
    EXPECT_EQ(notes.Next(), "timeout \"\"");
}

}  // namespace iocp_test
