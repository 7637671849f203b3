// SPDX-License-Identifier: MIT
#include "conformance.h"
#include "engine.h"
#include "support/decorators.h"
#include "support/temporary_file.h"

#include <iocp/file.h>

#include <atomic>
#include <thread>
#include <utility>

namespace iocp_test {

namespace {

constexpr std::size_t kMoreThanBuffersHold = std::size_t{24} << 20;

}  // namespace

class FileTest : public Conformance {
public:
    // What handlers are to send.
    void Have(const std::string& content, std::uint64_t zeros = 0) {
        on_disk = std::make_unique<TemporaryFile>(content, zeros);
        auto found = iocp::File::Open(on_disk->Path());
        ASSERT_TRUE(found) << found.Message();
        opened = std::make_unique<iocp::File>(std::move(*found));
    }

    std::unique_ptr<TemporaryFile> on_disk;
    std::unique_ptr<iocp::File> opened;
};
INSTANTIATE_TEST_SUITE_P(On, FileTest, EveryEngine(), NameOfEngine);

namespace {

const iocp::File& FileOf(Conformance& test) { return *static_cast<FileTest&>(test).opened; }

void Note(const iocp::Result& result, Conformance& test) {
    test.notes.Write(std::string(ToString(result.Why())) + " " + std::to_string(result.size()));
}

std::string Told(Outcome outcome, std::size_t size) {
    return std::string(ToString(outcome)) + " " + std::to_string(size);
}

Task<> SendAll(IOCP_Client& client, Conformance& test) {
    test.notes.Write("sending");
    const auto sent = co_await client.SendFile(FileOf(test));
    Note(sent, test);
}

Task<> SendAllTo(std::shared_ptr<IOCP_Client> client, Conformance& test) { co_await SendAll(*client, test); }

Task<> SendText(std::shared_ptr<IOCP_Client> client, std::string text, Conformance& test) {
    Note(co_await client->Send(text), test);
}

// Takes whatever is to be sent of a file, and sends none of it.
class TakingNetwork final : public NetworkDecorator {
public:
    TakingNetwork() noexcept : NetworkDecorator(iocp::detail::SystemNetwork()) {}

    [[nodiscard]] std::unique_ptr<iocp::detail::Engine> MakeEngine(iocp::EngineKind kind, const iocp::Options& options,
                                                                   iocp::detail::BufferPool& buffers) override {
        return std::make_unique<TakingEngine>(NetworkDecorator::MakeEngine(kind, options, buffers), *this);
    }

    std::atomic<std::uint64_t> taken = 0;  // bytes, each where the last ended

private:
    class TakingEngine final : public EngineDecorator {
    public:
        TakingEngine(std::unique_ptr<Engine> inner, TakingNetwork& network) noexcept
            : EngineDecorator(std::move(inner)), network_(network) {}

        [[nodiscard]] iocp::detail::Submission Submit(IOCP_Operation& operation) noexcept override {
            if (operation.kind != IOCP_Operation::Kind::SendFile) return Inner().Submit(operation);
            operation.transferred = operation.part->offset == network_.taken ? operation.size : 0;
            network_.taken += operation.transferred;
            return iocp::detail::Submission::Finished;
        }

    private:
        TakingNetwork& network_;
    };
};

// Sends what is larger than the peer takes, and keeps the client until the peer ends its side.
Task<> SendAllAndStay(IOCP_Client& client, Conformance& test) {
    co_await SendAll(client, test);
    co_await client.Recv();
}

}  // namespace

TEST_P(FileTest, AFileLargerThanAllBuffersArrivesWhole) {
    const std::string content = Noise(kMoreThanBuffersHold);
    Have(content);
    Serve(SendAll);
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    EXPECT_TRUE(peer.ReceiveAll() == content);
    EXPECT_EQ(notes.Next(), Told(Outcome::Ok, content.size()));
}

TEST_P(FileTest, ManyClientsAreSentTheSameFileAtOnce) {
    const std::string content = Noise(1 << 20);
    Have(content);
    workers = 2;
    Serve(SendAll);
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 20; ++i) peers.push_back(std::make_unique<Peer>(Where()));

    for (const auto& peer : peers) EXPECT_TRUE(peer->ReceiveAll() == content);
}

TEST_P(FileTest, PartsArriveInCallOrder) {
    Have("abcdefghij");
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto& file = FileOf(test);
        co_await client.Send("<");
        Note(co_await client.SendFile(file, 7), test);
        Note(co_await client.SendFile(file, 2, 3), test);
        co_await client.Send("|");
        Note(co_await client.SendFile(file, 4, 0), test);
        Note(co_await client.SendFile(file, 10), test);
        Note(co_await client.SendFile(file, 11), test);
        Note(co_await client.SendFile(file, 0, 10), test);
        co_await client.Send(">");
    });
    Peer peer(Where());

    EXPECT_EQ(peer.ReceiveAll(), "<hijcde|abcdefghij>");
    for (const unsigned size : {3U, 3U, 0U, 0U, 0U, 10U}) EXPECT_EQ(notes.Next(), Told(Outcome::Ok, size));
}

TEST_P(FileTest, AnEmptyFileIsSentAtOnce) {
    Have("");
    Serve(SendAll);
    Peer peer(Where());

    EXPECT_EQ(peer.ReceiveAll(), "");
    EXPECT_EQ(notes.Next(), "sending");
    EXPECT_EQ(notes.Next(), Told(Outcome::Ok, 0));
}

TEST_P(FileTest, WhatLiesBehindFourGibibytesArrives) {
    static constexpr std::uint64_t kZeros = (std::uint64_t{4} << 30) + 100;
    Have("far behind", kZeros);
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        Note(co_await client.SendFile(FileOf(test), kZeros + 4), test);
        Note(co_await client.SendFile(FileOf(test), kZeros - 1, 4), test);
    });
    Peer peer(Where());

    EXPECT_EQ(peer.ReceiveAll(), "behind" + std::string(1, '\0') + "far");
    EXPECT_EQ(notes.Next(), Told(Outcome::Ok, 6));
    EXPECT_EQ(notes.Next(), Told(Outcome::Ok, 4));
}

TEST_P(FileTest, MoreThanFourGibibytesGoInPieces) {
    constexpr std::uint64_t kZeros = std::uint64_t{5} << 30;
    TakingNetwork taking;
    options.network = &taking;
    Have("end", kZeros);
    Serve(SendAll);
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "sending");
    EXPECT_EQ(notes.Next(), Told(Outcome::Ok, kZeros + 3));
    EXPECT_EQ(taking.taken, kZeros + 3);
    core->Stop();
}

TEST_P(FileTest, AFileThatEndsBeforeTheSizeIsTooLongAndCutsTheStream) {
    Have("abcdefghij");
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        Note(co_await client.SendFile(FileOf(test), 6, 100), test);
        Note(co_await client.Send("after the cut"), test);
    });
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), Told(Outcome::TooLong, 4));
    EXPECT_EQ(notes.Next(), Told(Outcome::TooLong, 0));
    EXPECT_EQ(peer.ReceiveAll(), "ghij");
}

TEST_P(FileTest, APartThatLiesBehindTheEndLeavesTheStreamWhole) {
    Have("abcdefghij");
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        Note(co_await client.SendFile(FileOf(test), 10, 1), test);
        Note(co_await client.SendFile(FileOf(test), std::uint64_t{1} << 40, 1), test);
        Note(co_await client.Send("whole"), test);
    });
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), Told(Outcome::TooLong, 0));
    EXPECT_EQ(notes.Next(), Told(Outcome::TooLong, 0));
    EXPECT_EQ(notes.Next(), Told(Outcome::Ok, 5));
    EXPECT_EQ(peer.ReceiveAll(), "whole");
}

TEST_P(FileTest, AFileThatShrinksWhileItIsSentIsTooLong) {
    if (GetParam() == iocp::EngineKind::Iocp)
        GTEST_SKIP() << "whether a file that is being sent can be made shorter is up to the system";
    Have(Noise(kMoreThanBuffersHold));
    Serve(SendAllAndStay);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    on_disk->Write("short");
    std::string received = peer.Receive(1);
    peer.FinishSending();
    received += peer.ReceiveAll();

    EXPECT_EQ(notes.Next(), Told(Outcome::TooLong, received.size()));
    EXPECT_LT(received.size(), kMoreThanBuffersHold);
}

TEST_P(FileTest, FilesAndMessagesOfSeveralCoroutinesLeaveWhole) {
    const std::string content = Noise(300'000);
    Have(content);
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (int i = 0; i < 10; ++i) {
            test.core->Spawn(SendAllTo(client.shared_from_this(), test));
            test.core->Spawn(SendText(client.shared_from_this(), std::string(300'000, 'x'), test));
        }
        co_await client.Recv();
    });
    Peer peer(Where());
    Settle();

    const std::string text(content.size(), 'x');
    for (int i = 0; i < 20; ++i) {
        const std::string message = peer.Receive(content.size());
        ASSERT_TRUE(message == text || message == content) << "message " << i;
    }
}

TEST_P(FileTest, WhatWaitsForItsTurnBehindAFileLeavesInCallOrder) {
    const std::string content = Noise(kMoreThanBuffersHold);
    Have(content);
    Serve(SendAllAndStay);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");

    for (char digit = '0'; digit <= '9'; ++digit) core->Spawn(SendText(OnlyClient(), std::string(1, digit), *this));
    core->Spawn(SendAllTo(OnlyClient(), *this));
    Settle();

    EXPECT_TRUE(peer.Receive(content.size()) == content);
    EXPECT_EQ(peer.Receive(10), "0123456789");
    EXPECT_TRUE(peer.Receive(content.size()) == content);
}

TEST_P(FileTest, PostsComeInOrderBehindIt) {
    const std::string content = Noise(kMoreThanBuffersHold);
    Have(content);
    Serve(SendAllAndStay);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    for (const char* each : {"one ", "two ", "three"}) OnlyClient()->Post(each);

    EXPECT_TRUE(peer.Receive(content.size()) == content);
    EXPECT_EQ(peer.Receive(13), "one two three");
}

TEST_P(FileTest, ReceivingGoesOnAtTheSameTime) {
    const std::string content = Noise(kMoreThanBuffersHold);
    Have(content);
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.core->Spawn(SendAllTo(client.shared_from_this(), test));
        co_await Listen(client, test);
    });
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    peer.Send("while you wait");
    EXPECT_EQ(notes.Next(), "ok");
    EXPECT_TRUE(peer.Receive(content.size()) == content);
    EXPECT_EQ(notes.Next(), Told(Outcome::Ok, content.size()));
    peer.FinishSending();
    EXPECT_EQ(notes.Next(), "closed");
}

TEST_P(FileTest, ADeadlineEndsIt) {
    Have(Noise(kMoreThanBuffersHold));
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto sent = co_await client.SendFile(FileOf(test)).Within(50ms);
        test.notes.Write(sent);
        test.notes.Write(sent.size() < kMoreThanBuffersHold ? "in part" : "whole");
        test.notes.Write(co_await client.Send("after the cut"));
    });
    Peer peer(Where());

    EXPECT_EQ(notes.Next(), "timeout");
    EXPECT_EQ(notes.Next(), "in part");
    EXPECT_EQ(notes.Next(), "timeout");
}

TEST_P(FileTest, TheLimitOfTheListenerEndsIt) {
    Have(Noise(kMoreThanBuffersHold));
    iocp::Listener listener = Tcp(SendAll);
    listener.limits.send = 50ms;
    Serve(listener);
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "sending");
    EXPECT_EQ(notes.Next().substr(0, 7), "timeout");
    EXPECT_EQ(core->Counters().sends_timed_out, 1u);
}

TEST_P(FileTest, ATokenEndsIt) {
    Have(Noise(kMoreThanBuffersHold));
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        std::stop_source source;
        source.request_stop();
        test.notes.Write(co_await client.SendFile(FileOf(test)).With(source.get_token()));
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "stopped");
}

TEST_P(FileTest, ARaceEndsIt) {
    Have(Noise(kMoreThanBuffersHold));
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto first = co_await iocp::Race(client.SendFile(FileOf(test)), iocp::Sleep(50ms));
        test.notes.Write(std::to_string(first.index));
    });
    const Peer peer(Where());

    EXPECT_EQ(notes.Next(), "1");
}

TEST_P(FileTest, ACloseEndsIt) {
    Have(Noise(kMoreThanBuffersHold));
    Serve(SendAll);
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    OnlyClient()->Close();

    EXPECT_EQ(notes.Next().substr(0, 7), "stopped");
}

TEST_P(FileTest, AStopEndsItAtTheDrainDeadline) {
    Have(Noise(kMoreThanBuffersHold));
    Serve(SendAll);
    const Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    core->Stop(20ms);

    EXPECT_EQ(notes.Next().substr(0, 7), "stopped");
}

TEST_P(FileTest, AStopLetsItFinish) {
    const std::string content = Noise(kMoreThanBuffersHold);
    Have(content);
    Serve(SendAll);
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    std::thread stopping([&] { core->Stop(kPatience); });
    const bool whole = peer.ReceiveAll() == content;
    stopping.join();

    EXPECT_TRUE(whole);
    EXPECT_EQ(notes.Next(), Told(Outcome::Ok, content.size()));
}

TEST_P(FileTest, AResetEndsItAndWhatFollows) {
    Have(Noise(kMoreThanBuffersHold));
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (int i = 0; i < 3; ++i) co_await SendAll(client, test);
    });
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    peer.Reset();

    EXPECT_EQ(notes.Next().substr(0, 5), "reset");
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(notes.Next(), "sending");
        EXPECT_EQ(notes.Next(), Told(Outcome::Reset, 0));
    }
}

TEST_P(FileTest, ItEndsWithItsCoroutineWhileItWaits) {
    Have(Noise(kMoreThanBuffersHold));
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const Loose sending = [](IOCP_Client& to, Conformance& all) -> Loose {
            const auto its_own = iocp::File::Open(static_cast<FileTest&>(all).on_disk->Path());
            co_await to.SendFile(*its_own);
            all.notes.Write("it did not wait");
        }(client, test);
        test.notes.Write("waiting");
        co_await test.gate;
        sending.coroutine.destroy();
        test.notes.Write(co_await client.Send("after the cut"));
    });
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "waiting");
    Settle();

    OpenGate();

    EXPECT_EQ(notes.Next(), "stopped");
    EXPECT_LT(peer.ReceiveAll().size(), kMoreThanBuffersHold);
}

TEST_P(FileTest, OneThatWaitsForItsTurnEndsWithItsCoroutineAndLeavesTheStreamWhole) {
    const std::string content = Noise(kMoreThanBuffersHold);
    Have(content);
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.core->Spawn(SendAllTo(client.shared_from_this(), test));
        test.notes.Write("spawned");
        co_await test.gate;
        const Loose sending = [](IOCP_Client& to, Conformance& all) -> Loose {
            co_await to.SendFile(FileOf(all), 0, 5);
        }(client, test);
        sending.coroutine.destroy();
        co_await client.Send("end");
        co_await client.Recv();
    });
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "spawned");
    Settle();

    OpenGate();

    EXPECT_TRUE(peer.Receive(content.size()) == content);
    EXPECT_EQ(peer.Receive(3), "end");
}

}  // namespace iocp_test
