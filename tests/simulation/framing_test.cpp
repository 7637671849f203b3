// SPDX-License-Identifier: MIT
// The same frames, whatever the network makes of the stream that carries them.
#include <gtest/gtest.h>
#include <iocp/iocp.h>
#include <iocp/simulation.h>

#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;

// Answers with what it read, "|" behind each frame, and behind it with the bytes of the frame that was not whole.
class Reader final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        std::string answer;
        while (co_await ReadRound(client, answer));
        const auto rest = co_await client.Recv();
        answer += rest.Text();
        co_await client.Send(answer);
    }

    static bool Add(std::string& answer, const iocp::Frame& frame) {
        if (frame) answer.append(frame.Text()).append("|");
        return static_cast<bool>(frame);
    }

    static iocp::Task<bool> ReadRound(IOCP_Client& client, std::string& answer) {
        const auto line = co_await client.RecvLine(300);
        if (!Add(answer, line)) co_return false;
        const auto exactly = co_await client.RecvExactly(12);
        if (!Add(answer, exactly)) co_return false;
        const auto until = co_await client.RecvUntil("--", 300);
        if (!Add(answer, until)) co_return false;
        const auto frame = co_await client.RecvFrame({.bytes = 2, .max = 300});
        co_return Add(answer, frame);
    }
};

std::string Round(std::size_t size) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    const auto high = static_cast<char>(size / 256);
    const auto low = static_cast<char>(size % 256);
    return text + (size % 2 == 0 ? "\r\n" : "\n") + "exactly 12 b" + text + "--" + high + low + text;
}

std::string Read(std::size_t size) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    return text + "|exactly 12 b|" + text + "|" + text + "|";
}

std::string AnswerOver(std::uint64_t seed, const std::string& stream, std::size_t pieces) {
    iocp::Simulation sim(seed);
    sim.Conditions().jitter = 20ms;
    sim.Conditions().loss = 0.02;
    sim.Conditions().window = 1 + seed % 700;
    auto peer = sim.Connect(std::make_shared<Reader>());
    const std::size_t piece = stream.size() / pieces + 1;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        peer.Write(stream.substr(at, piece));
        sim.RunFor(1ms);
    }
    peer.ShutdownSend();
    EXPECT_TRUE(sim.RunUntil([&] { return peer.HasEnded(); }, 24h)) << sim.Report();
    EXPECT_TRUE(sim.Errors().empty()) << sim.Report();
    return peer.Read();
}

TEST(Framing, IsTheSameOverEveryNetwork) {
    std::string stream;
    std::string read;
    for (const std::size_t size : {0U, 1U, 11U, 300U, 2U, 299U}) {
        stream += Round(size);
        read += Read(size);
    }
    stream += "in part";
    read += "in part";

    for (std::uint64_t seed = 1; seed <= 200; ++seed)
        ASSERT_EQ(AnswerOver(seed, stream, 1 + seed % 50), read) << "seed " << seed;
}

// Gives up every few milliseconds, and begins again.
class Impatient final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        std::string answer;
        iocp::Outcome last = iocp::Outcome::Ok;
        while (last == iocp::Outcome::Ok || last == iocp::Outcome::Timeout) {
            const auto line = co_await client.RecvLine(300).Within(3ms);
            if (line) answer.append(line.Text()).append("|");
            last = line.Why();
        }
        co_await client.Send(answer);
    }
};

TEST(Framing, LosesNothingToDeadlines) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        iocp::Simulation sim(seed);
        sim.Conditions().jitter = 20ms;
        sim.Conditions().window = 1 + seed % 100;
        auto peer = sim.Connect(std::make_shared<Impatient>());
        std::string expected;
        for (std::size_t i = 0; i < 20; ++i) {
            peer.Write(std::string(i, 'x') + std::to_string(i) + "\r\n");
            expected += std::string(i, 'x') + std::to_string(i) + "|";
        }
        peer.ShutdownSend();
        EXPECT_TRUE(sim.RunUntil([&] { return peer.HasEnded(); }, 24h)) << sim.Report();
        ASSERT_EQ(peer.Read(), expected) << sim.Report();
    }
}

}  // namespace
