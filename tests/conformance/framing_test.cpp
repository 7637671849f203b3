// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <algorithm>
#include <array>
#include <bit>

namespace iocp_test {

using FramingTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, FramingTest, EveryEngine(), NameOfEngine);

namespace {

constexpr std::string_view kBlankLine = "\r\n\r\n";
constexpr iocp::LengthPrefix kBig{.bytes = 4, .max = 5'000};
constexpr iocp::LengthPrefix kLittle{.bytes = 2, .max = 5'000, .order = std::endian::little, .counts_itself = true};

std::string Quoted(const iocp::Frame& frame) {
    return std::string(ToString(frame.Why())) + " \"" + std::string(frame.Text()) + "\"";
}

// The number in `size` bytes.
std::string Length(std::size_t number, std::size_t size, std::endian order) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(number >> 8 * i);
    if (order == std::endian::big) std::reverse(bytes.begin(), bytes.end());
    return bytes;
}

// Text of `size` letters, without any delimiter.
std::string Letters(std::size_t size) {
    std::string text = Noise(size);
    for (char& letter : text) letter = static_cast<char>('a' + static_cast<unsigned char>(letter) % 26);
    return text;
}

// What one round of ReadAllKinds reads, with texts of `size` letters, and what it makes of it.
struct Round {
    explicit Round(std::size_t size) {
        const std::string text = Letters(size);
        stream = text + "\n" + text + "\r\n";
        stream += "exactly 12 b" + text + std::string(kBlankLine);
        stream += Length(size, 4, std::endian::big) + text;
        stream += Length(size + 2, 2, std::endian::little) + text;
        read = text + "|" + text + "|exactly 12 b|" + text + "|" + text + "|" + text + "|";
    }

    std::string stream;
    std::string read;
};

void Add(std::string& all, const iocp::Frame& frame) {
    if (!frame) return;
    all += frame.Text();
    all += '|';
}

Task<bool> ReadRound(IOCP_Client& client, std::string& all) {
    Add(all, co_await client.RecvLine(5'000));
    Add(all, co_await client.RecvLine(5'000));
    Add(all, co_await client.RecvExactly(12));
    Add(all, co_await client.RecvUntil(kBlankLine, 5'000));
    Add(all, co_await client.RecvFrame(kBig));
    const auto last = co_await client.RecvFrame(kLittle);
    Add(all, last);
    co_return static_cast<bool>(last);
}

Task<> ReadAllKinds(IOCP_Client& client, Conformance& test) {
    std::string all;
    while (co_await ReadRound(client, all));
    test.notes.Write(all);
}

Task<> NoteLines(IOCP_Client& client, Conformance& test) {
    Outcome last = Outcome::Ok;
    while (last == Outcome::Ok) {
        const auto line = co_await client.RecvLine(10);
        last = line.Why();
        test.notes.Write(Quoted(line));
    }
}

// Sends `bytes` in pieces of 1 to `most` bytes.
void SendInPieces(const Peer& peer, std::string_view bytes, std::size_t most, Conformance& test) {
    const std::string sizes = Noise(bytes.size());
    for (std::size_t i = 0; !bytes.empty(); ++i) {
        const std::string_view piece = bytes.substr(0, 1 + static_cast<unsigned char>(sizes[i]) % most);
        peer.Send(piece);
        if (i % 8 == 0) test.Settle();
        bytes.remove_prefix(piece.size());
    }
}

}  // namespace

TEST_P(FramingTest, EchoesLines) {
    Serve([](IOCP_Client& client, Conformance&) -> Task<> {
        while (auto line = co_await client.RecvLine(4096)) co_await client.Send(line);
    });
    Peer peer(Where());

    peer.Send("one\ntwo\r\n\n\r\nthree\r\r\nin part");
    peer.FinishSending();

    EXPECT_EQ(peer.ReceiveAll(), "onetwothree\r");
}

TEST_P(FramingTest, PiecesMakeNoDifference) {
    for (const std::size_t buffer : {1u, 7u, 100u, 16u << 10}) {
        options.receive_buffer = buffer;
        Serve(ReadAllKinds);
        std::string stream;
        std::string read;
        for (const std::size_t size : {0u, 1u, 7u, 20u, 7u}) {
            const Round round(size);
            stream += round.stream;
            read += round.read;
        }

        for (const std::size_t most : {std::size_t{1}, std::size_t{40}, stream.size()}) {
            const Peer peer(Where());
            SendInPieces(peer, stream, most, *this);
            peer.FinishSending();
            EXPECT_EQ(notes.Next(), read) << "buffers of " << buffer << ", pieces of " << most << " at most";
        }
        core->Stop();
    }
}

TEST_P(FramingTest, FramesMayBeLargerThanBuffers) {
    for (const std::size_t buffer : {100u, 999u, 4096u, 64u << 10}) {
        options.receive_buffer = buffer;
        Serve(ReadAllKinds);
        Peer peer(Where());
        std::string read;
        for (const std::size_t size : {5'000u, 0u, 4'999u, 100u, 98u, 5'000u}) {
            const Round round(size);
            peer.Send(round.stream);
            read += round.read;
        }
        peer.FinishSending();
        EXPECT_TRUE(notes.Next() == read) << "buffers of " << buffer;
        core->Stop();
    }
}

TEST_P(FramingTest, ManyLinesAtOnceAllCome) {
    constexpr int kLines = 100'000;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        int next = 0;
        while (const auto line = co_await client.RecvLine(10)) {
            if (line.Text() != std::to_string(next)) break;
            ++next;
        }
        test.notes.Write(std::to_string(next));
    });
    const Peer peer(Where());
    std::string lines;
    for (int i = 0; i < kLines; ++i) lines += std::to_string(i) + (i % 2 == 0 ? "\n" : "\r\n");

    peer.Send(lines);
    peer.FinishSending();

    EXPECT_EQ(notes.Next(), std::to_string(kLines));
}

TEST_P(FramingTest, EveryShapeOfALengthIsUnderstood) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (std::size_t i = 0; i < 32; ++i) {
            iocp::LengthPrefix prefix;
            prefix.bytes = 1 + i % 8;
            prefix.order = i < 16 ? std::endian::big : std::endian::little;
            prefix.counts_itself = i / 8 % 2 == 1;
            const auto frame = co_await client.RecvFrame(prefix);
            test.notes.Write(std::string(frame.Text()));
        }
    });
    const Peer peer(Where());

    for (std::size_t i = 0; i < 32; ++i) {
        const std::size_t size = 1 + i % 8;
        const std::string text = "frame " + std::to_string(i);
        const std::size_t length = text.size() + (i / 8 % 2 == 1 ? size : 0);
        peer.Send(Length(length, size, i < 16 ? std::endian::big : std::endian::little) + text);
    }

    for (int i = 0; i < 32; ++i) EXPECT_EQ(notes.Next(), "frame " + std::to_string(i));
}

TEST_P(FramingTest, ALengthThatCannotBeIsTooLong) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (const std::size_t bytes : {4u, 8u}) {
            iocp::LengthPrefix prefix;
            prefix.bytes = bytes;
            prefix.counts_itself = true;
            test.notes.Write(co_await client.RecvFrame(prefix));
            prefix.counts_itself = false;
            test.notes.Write(co_await client.RecvFrame(prefix));
        }
    });
    const Peer peer(Where());

    peer.Send(Length(3, 4, std::endian::big) + "abc\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF");

    for (const char* note : {"too long", "ok", "too long", "too long"}) EXPECT_EQ(notes.Next(), note);
}

TEST_P(FramingTest, AFrameOfTheMaximumIsNotTooLong) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write(Quoted(co_await client.RecvLine(3)));
        test.notes.Write(Quoted(co_await client.RecvLine(3)));
        test.notes.Write(Quoted(co_await client.RecvUntil("--", 3)));
        test.notes.Write(Quoted(co_await client.RecvFrame({.bytes = 1, .max = 3})));
        test.notes.Write(Quoted(co_await client.RecvLine(0)));
    });
    const Peer peer(Where());

    SendInPieces(peer, "123\n456\r\n78 --\003abc\n", 1, *this);

    for (const char* text : {"123", "456", "78 ", "abc", ""})
        EXPECT_EQ(notes.Next(), "ok \"" + std::string(text) + "\"");
}

TEST_P(FramingTest, AFrameAboveTheMaximumIsTooLongAndStays) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        for (int i = 0; i < 3; ++i) test.notes.Write(Quoted(co_await client.RecvLine(3)));
        test.notes.Write(co_await client.RecvUntil("\n", 3));
        test.notes.Write(co_await client.RecvFrame({.bytes = 1, .max = 3}));
        test.notes.Write(Quoted(co_await client.RecvLine(4)));
        test.notes.Write(co_await client.RecvLine(3));
        const auto rest = co_await client.Recv();
        test.notes.Write(std::string(rest.Text()));
    });
    const Peer peer(Where());

    peer.Send("1234\n56789");

    for (int i = 0; i < 3; ++i) EXPECT_EQ(notes.Next(), "too long \"1234\n56789\"");
    for (const char* note : {"too long", "too long", "ok \"1234\"", "too long", "56789"}) EXPECT_EQ(notes.Next(), note);
    EXPECT_EQ(core->Counters().frames_too_long, 6u);
}

TEST_P(FramingTest, ALineWithoutAnEndIsTooLongAsSoonAsItIs) {
    Serve(NoteLines);
    const Peer peer(Where());

    SendInPieces(peer, "12345678901", 1, *this);

    EXPECT_EQ(notes.Next(), "too long \"12345678901\"");
}

TEST_P(FramingTest, NothingIsAFrameToo) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write(Quoted(co_await client.RecvExactly(0)));
        co_await client.Send("ready");
        test.notes.Write(Quoted(co_await client.RecvFrame()));
        test.notes.Write(Quoted(co_await client.RecvUntil("end", 0)));
        test.notes.Write(Quoted(co_await client.RecvExactly(0)));
    });
    Peer peer(Where());

    EXPECT_EQ(peer.Receive(5), "ready");
    peer.Send(std::string(4, '\0') + "end");

    for (int i = 0; i < 4; ++i) EXPECT_EQ(notes.Next(), "ok \"\"");
}

TEST_P(FramingTest, APeerThatEndsInAFrameLeavesItsBytes) {
    for (const std::size_t buffer : {3u, 4096u}) {
        options.receive_buffer = buffer;
        Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
            for (int i = 0; i < 3; ++i) {
                const auto line = co_await client.RecvLine(100);
                test.notes.Write(Quoted(line) + " " + std::to_string(line.size()));
            }
            const auto part = co_await client.Recv();
            test.notes.Write(std::string(part.Text()));
            test.notes.Write(co_await client.Recv());
            test.notes.Write(Quoted(co_await client.RecvLine(100)));
        });
        const Peer peer(Where());

        peer.Send("whole\nin part");
        peer.FinishSending();

        EXPECT_EQ(notes.Next(), "ok \"whole\" 5");
        EXPECT_EQ(notes.Next(), "closed \"in part\" 7");
        EXPECT_EQ(notes.Next(), "closed \"in part\" 7");
        EXPECT_EQ(notes.Next(), "in part");
        EXPECT_EQ(notes.Next(), "closed");
        EXPECT_EQ(notes.Next(), "closed \"\"");
        core->Stop();
    }
}

TEST_P(FramingTest, AConnectionThatBreaksInAFrameIsReset) {
    Serve(NoteLines);
    Peer peer(Where());

    peer.Send("whole\nin part");
    EXPECT_EQ(notes.Next(), "ok \"whole\"");
    Settle();
    peer.Reset();

    EXPECT_EQ(notes.Next(), "reset \"in part\"");
}

TEST_P(FramingTest, RecvYieldsWhatIsBehindAFrame) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        co_await client.RecvLine(10);
        auto rest = co_await client.Recv();
        test.notes.Write(std::string(rest.Text()));
        rest = co_await client.Recv();
        test.notes.Write(std::string(rest.Text()));
        const auto line = co_await client.RecvLine(10);
        test.notes.Write(std::string(line.Text()));
    });
    const Peer peer(Where());

    peer.Send("line\nrest");
    EXPECT_EQ(notes.Next(), "rest");
    peer.Send("newer");
    EXPECT_EQ(notes.Next(), "newer");
    peer.Send("last\n");
    EXPECT_EQ(notes.Next(), "last");
}

TEST_P(FramingTest, RecvIntoMemoryYieldsWhatIsBehindAFrame) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        std::array<char, 3> memory{};
        co_await client.RecvExactly(2);
        std::string all;
        while (all.size() < 8) {
            const auto filled = co_await client.Recv(std::as_writable_bytes(std::span(memory)));
            all += std::string_view(memory.data(), filled.size());
        }
        test.notes.Write(all);
        const auto filled = co_await client.Recv(std::as_writable_bytes(std::span(memory)));
        test.notes.Write(std::string(memory.data(), filled.size()));
    });
    const Peer peer(Where());

    peer.Send("1234567890");
    EXPECT_EQ(notes.Next(), "34567890");
    peer.Send("abc");
    EXPECT_EQ(notes.Next(), "abc");
}

}  // namespace iocp_test
