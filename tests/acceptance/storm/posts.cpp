// SPDX-License-Identifier: MIT
#include "storm.h"

#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace storm {

namespace {

constexpr std::size_t kClients = 1'000;
constexpr unsigned kWorkers = 4;
constexpr std::size_t kQueue = 512;  // bytes for each client: short enough to be full now and then

// What one client posts to another. A sender counts on, so each receiver sees its numbers grow.
struct Letter {
    std::uint32_t from;
    std::uint32_t number;
    std::uint64_t check;

    static std::uint64_t CheckOf(std::uint32_t from, std::uint32_t number) {
        return Random((std::uint64_t{from} << 32) | number)();
    }
};

struct Books {
    std::atomic<std::uint64_t> posted = 0;
    std::atomic<std::uint64_t> queued = 0;
    std::atomic<std::uint64_t> refused = 0;
    std::atomic<std::uint64_t> received = 0;
    Tally connected;
    Tally done;   // clients that have posted all
    Tally ended;  // connections that have heard all
};

// Every client posts to others, whoever they are, as fast as its worker lets it.
class Office final : public IOCP_Protocol {
public:
    Office(std::uint64_t letters, std::uint64_t seed) : each_(letters / kClients), seed_(seed), desks_(kClients) {}

    Books books;
    iocp::Event all_are_here;
    iocp::Event all_have_posted;

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        const auto number = static_cast<std::uint32_t>(next_++);
        desks_[number] = client.shared_from_this();
        if (books.connected.Add() == kClients) all_are_here.Set();
        co_await all_are_here.Wait();
        Random random(seed_ + number);
        for (std::uint32_t i = 1; i <= each_; ++i) {
            Post(*desks_[random.Below(kClients)], number, i);
            if (i % 16 == 0) co_await iocp::YieldNow();
        }
        if (books.done.Add() == kClients) all_have_posted.Set();
        co_await all_have_posted.Wait();  // what was posted to it by then is still sent
    }

    void Post(IOCP_Client& to, std::uint32_t from, std::uint32_t number) {
        const Letter letter{from, number, Letter::CheckOf(from, number)};
        const iocp::Result result = to.Post(iocp::SharedBytes(std::as_bytes(std::span(&letter, 1))));
        if (result.Why() != iocp::Outcome::Ok && result.Why() != iocp::Outcome::Full)
            Fail("a post: " + result.Message());
        ++books.posted;
        ++(result ? books.queued : books.refused);
    }

    const std::uint64_t each_;
    const std::uint64_t seed_;
    std::atomic<std::size_t> next_ = 0;
    std::vector<std::shared_ptr<IOCP_Client>> desks_;
};

iocp::Task<> ReadLetters(iocp::Endpoint office, Books& books) {
    auto connection = co_await iocp::Connect(office);
    if (!connection) Fail("no connection: " + connection.Message());
    std::vector<std::uint32_t> last(kClients);
    while (const auto bytes = co_await connection->RecvExactly(sizeof(Letter))) {
        Letter letter;
        std::memcpy(&letter, bytes.Bytes().data(), sizeof letter);
        if (letter.from >= kClients || letter.check != Letter::CheckOf(letter.from, letter.number))
            Fail("bytes that nobody posted");
        if (letter.number <= std::exchange(last[letter.from], letter.number))
            Fail("posts of one client in another order");
        ++books.received;
    }
    books.ended.Add();
}

}  // namespace

void RunPosts(const Settings& settings, Watchdog& watchdog) {
    watchdog.Expect("the posts", 1200s);
    const auto office = std::make_shared<Office>(settings.count, settings.seed);
    Books& books = office->books;
    iocp::Options options;
    options.engine = settings.engine;
    options.linger = 100s;
    iocp::Listener listener(0, 1, office, iocp::Transport::Tcp, "127.0.0.1");
    listener.max_posted_bytes = kQueue;
    QuietCore server({listener}, options);
    server.Start(kWorkers);
    QuietCore readers(std::vector<iocp::Listener>{}, options);
    for (std::size_t i = 0; i < kClients; ++i) readers.Spawn(ReadLetters(server.Listening(), books));
    readers.Start(1);

    books.done.WaitFor(kClients);
    watchdog.Expect("what was queued to arrive");
    books.ended.WaitFor(kClients);
    readers.Stop();
    server.Stop();
    if (books.received != books.queued) Fail("queued and received differ");
    if (server.Counters().posts_dropped != books.refused) Fail("posts_dropped is not the count of those refused");
    std::printf(
        "%llu posts of %zu clients on %u workers: %llu queued, all of which arrived, in order; %llu refused as full, "
        "all of which were counted; ",
        static_cast<unsigned long long>(books.posted), kClients, kWorkers,
        static_cast<unsigned long long>(books.queued), static_cast<unsigned long long>(books.refused));
}

}  // namespace storm
