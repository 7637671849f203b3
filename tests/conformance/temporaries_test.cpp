// SPDX-License-Identifier: MIT
// GCC 12 destroys some temporaries of a co_await operand twice. These are the forms that the library's users write:
// each is proved to make and destroy its temporaries once, and to keep them until the awaited call has ended.
#include "conformance.h"

#include <set>

namespace iocp_test {

using TemporariesTest = Conformance;
INSTANTIATE_TEST_SUITE_P(On, TemporariesTest, EveryEngine(), NameOfEngine);

namespace {

// A text that knows of all its kind which are alive, and of each that was destroyed twice.
class Text {
public:
    explicit Text(std::string text) : text_(std::move(text)) { Enter(); }
    Text(const Text& other) : text_(other.text_) { Enter(); }
    Text(Text&& other) noexcept : text_(std::move(other.text_)) { Enter(); }
    Text& operator=(const Text&) = delete;
    Text& operator=(Text&&) = delete;
    ~Text() {
        if (alive.erase(this) == 0) ++destroyed_twice;
        text_.assign("destroyed");
    }

    operator std::string_view() const noexcept { return text_; }

    static inline std::set<const Text*> alive;
    static inline int destroyed_twice = 0;

private:
    void Enter() { alive.insert(this); }

    std::string text_;
};

Text Shout(std::string_view text) { return Text(std::string(text) + "!"); }

Task<Text> Ask(IOCP_Client& client) {
    const auto message = co_await client.Recv();
    co_return Text(std::string(message.Text()));
}

Task<std::size_t> SendCopy(IOCP_Client& client, Text text) {
    const auto sent = co_await client.Send(text);
    co_return sent.size();
}

Task<std::size_t> SendByReference(IOCP_Client& client, const Text& text) {
    const auto sent = co_await client.Send(text);
    co_return sent.size();
}

Task<> Nothing() { co_return; }

void EachWasDestroyedOnce() {
    EXPECT_EQ(Text::destroyed_twice, 0);
    EXPECT_EQ(Text::alive.size(), 0u);
}

}  // namespace

TEST_P(TemporariesTest, OfASend) {
    Serve([](IOCP_Client& client, Conformance&) -> Task<> {
        co_await client.Send("one ");
        co_await client.Send(Text("two "));
        co_await client.Send(std::string("three and a half, to be longer than a short string is ") + "four ");
        co_await client.Send(Shout("five"));
        co_await client.Send(Text(" six ")).Within(1h);
        co_await client.Send(std::string(200, 'x')).Until(std::chrono::steady_clock::now() + 1h);
    });
    Peer peer(Where());

    EXPECT_EQ(peer.ReceiveAll(),
              "one two three and a half, to be longer than a short string is four five! six " + std::string(200, 'x'));
    core->Stop();
    EachWasDestroyedOnce();
}

TEST_P(TemporariesTest, OfASendThatWaitsForThePeer) {
    constexpr std::size_t kMoreThanBuffersHold = std::size_t{24} << 20;
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        test.notes.Write("sending");
        co_await client.Send(Text(std::string(kMoreThanBuffersHold, 'x')));
        co_await client.Send(Text("end")).Within(1h);
    });
    Peer peer(Where());
    EXPECT_EQ(notes.Next(), "sending");
    Settle();

    const std::string all = peer.ReceiveAll();

    EXPECT_EQ(all.size(), kMoreThanBuffersHold + 3);
    EXPECT_EQ(all.find_first_not_of('x'), kMoreThanBuffersHold);
    core->Stop();
    EachWasDestroyedOnce();
}

TEST_P(TemporariesTest, OfARecv) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        while (auto message = co_await client.Recv().Within(1h)) {
            co_await client.Send(message);
            const auto& more = co_await client.Recv();
            if (const auto sent = co_await client.Send(more.Text()); !sent) break;
            co_await client.Send((co_await client.Recv()).Text());
            auto last = co_await client.Recv();
            last = co_await client.Recv().Until(std::chrono::steady_clock::now() + 1h);
            co_await client.Send(last.Bytes());
        }
        test.notes.Write((co_await client.Recv()).Why());
    });
    Peer peer(Where());

    for (const char* letter : {"a", "b", "c"}) {
        peer.Send(letter);
        EXPECT_EQ(peer.Receive(1), letter);
    }
    peer.Send("d");
    Settle();
    peer.Send("e");
    EXPECT_EQ(peer.Receive(1), "e");
    peer.FinishSending();
    EXPECT_EQ(notes.Next(), "closed");
}

TEST_P(TemporariesTest, OfAFrame) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const auto until = co_await client.RecvUntil(Text("end"), 100);
        test.notes.Write(std::string(until.Text()));
        const auto joined = co_await client.RecvUntil(std::string(40, '-') + "+", 100).Within(1h);
        test.notes.Write(std::string(joined.Text()));
        const auto frame = co_await client.RecvFrame(iocp::LengthPrefix{.bytes = 1, .max = 10});
        test.notes.Write(std::string(frame.Text()));
        const auto little = co_await client.RecvFrame({.bytes = 2, .order = std::endian::little}).Within(1h);
        test.notes.Write(std::string(little.Text()));
        test.notes.Write(std::string((co_await client.RecvExactly(3)).Text()));
        co_await client.Send((co_await client.RecvLine(10)).Text());
        while (auto line = co_await client.RecvLine(100).Within(1h)) co_await client.Send(line);
    });
    Peer peer(Where());

    peer.Send("wordsend" + std::string("more") + std::string(40, '-') + "+" + "\x03one" + std::string("\3\0two", 5) +
              "333four\nfive\nsix\r\n");

    for (const char* note : {"words", "more", "one", "two", "333"}) EXPECT_EQ(notes.Next(), note);
    EXPECT_EQ(peer.Receive(11), "fourfivesix");
    core->Stop();
    EachWasDestroyedOnce();
}

TEST_P(TemporariesTest, OfATask) {
    Serve([](IOCP_Client& client, Conformance& test) -> Task<> {
        const Text kept = co_await Ask(client);
        test.notes.Write(std::string(std::string_view(kept)));
        const auto by_value = co_await SendCopy(client, Text("by value "));
        const auto copied = co_await SendCopy(client, kept);
        const auto by_reference = co_await SendByReference(client, Text(" by reference "));
        const auto made = co_await SendByReference(client, Shout(kept));
        co_await Nothing();
        co_await client.Send(co_await Ask(client));
        test.notes.Write(std::to_string(by_value + copied + by_reference + made));
    });
    Peer peer(Where());

    peer.Send("words");
    EXPECT_EQ(peer.Receive(34), "by value words by reference words!");
    peer.Send("more");
    EXPECT_EQ(peer.ReceiveAll(), "more");

    EXPECT_EQ(notes.Next(), "words");
    EXPECT_EQ(notes.Next(), "34");
    core->Stop();
    EachWasDestroyedOnce();
}

TEST_P(TemporariesTest, OfAConnect) {
    Serve({Tcp([](IOCP_Client& client, Conformance& test) -> Task<> {
               if (auto server = co_await iocp::Connect(test.Where(1))) {
                   co_await server->Send(Text("through "));
                   co_await client.Send(co_await server->Recv());
               }
               (co_await iocp::Connect(test.Where(1), Transport::Udp))->Close();
               co_await (co_await iocp::Connect(test.Where(1)))->Send(Text("and "));
               co_await client.Send("on");
           }),
           Tcp(Echo)});
    Peer peer(Where());

    EXPECT_EQ(peer.ReceiveAll(), "through on");
    core->Stop();
    EachWasDestroyedOnce();
}

}  // namespace iocp_test
