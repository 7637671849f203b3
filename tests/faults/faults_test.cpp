// SPDX-License-Identifier: MIT
// Cores on engines that misbehave within what their contract allows, with books kept on every operation.
#include "support/faults.h"
#include "quiet_core.h"
#include "socket.h"
#include "support/ledger.h"
#include "support/platform.h"
#include "support/temporary_file.h"

#include <gtest/gtest.h>
#include <iocp/file.h>
#include <iocp/iocp.h>
#include <iocp/simulation.h>

#include <atomic>
#include <future>
#include <ostream>
#include <string>

namespace iocp {

inline void PrintTo(EngineKind engine, std::ostream* out) { *out << ToString(engine); }

}  // namespace iocp

namespace {

using namespace std::chrono_literals;
using iocp_test::Fault;
using iocp_test::FaultyNetwork;
using iocp_test::LedgerNetwork;
using iocp_test::QuietCore;

constexpr FaultyNetwork::Chances kAllFaults{0.05, 0.01, 0.01, 0.2, 0.2, 0.2, 0.2, 0.01};

class Echo final : public IOCP_Protocol {
public:
    std::atomic<std::uint64_t> accepted = 0;
    std::atomic<std::uint64_t> deleted = 0;

private:
    std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival& arrival) override {
        ++accepted;
        return IOCP_Protocol::AcceptClient(arrival);
    }
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv().Within(2s))
            if (!co_await client.Send(message)) co_return;
    }
    void DeleteClient(IOCP_Client&) override { ++deleted; }
};

// Sends a file to everybody.
class FileSender final : public IOCP_Protocol {
public:
    explicit FileSender(const std::filesystem::path& path) : file_(iocp::File::Open(path)) {}

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override { co_await client.SendFile(*file_); }

    iocp::Value<iocp::File> file_;
};

// A network where the first operations of one kind fail, as where memory is short.
class FailingNetwork final : public iocp_test::NetworkDecorator {
public:
    FailingNetwork(Network& inner, IOCP_Operation::Kind kind, std::uint64_t times) noexcept
        : NetworkDecorator(inner), failing(kind), left(times) {}

    [[nodiscard]] std::unique_ptr<iocp::detail::Engine> MakeEngine(iocp::EngineKind kind, const iocp::Options& options,
                                                                   iocp::detail::BufferPool& buffers) override {
        return std::make_unique<FailingEngine>(NetworkDecorator::MakeEngine(kind, options, buffers), *this);
    }

    const IOCP_Operation::Kind failing;
    std::uint64_t left;

private:
    class FailingEngine final : public iocp_test::EngineDecorator {
    public:
        FailingEngine(std::unique_ptr<Engine> inner, FailingNetwork& network) noexcept
            : EngineDecorator(std::move(inner)), network_(network) {}

        [[nodiscard]] iocp::detail::Submission Submit(IOCP_Operation& operation) noexcept override {
            if (operation.kind != network_.failing || network_.left == 0) return Inner().Submit(operation);
            --network_.left;
            operation.native_code = NativeCodeOf(iocp::detail::Failure::NoBuffers);
            operation.transferred = 0;
            return iocp::detail::Submission::Finished;
        }

    private:
        FailingNetwork& network_;
    };
};

// What the visitors of one server have seen.
struct Visits {
    std::atomic<std::uint64_t> answered = 0;
    std::atomic<std::uint64_t> failed = 0;
    std::atomic<std::uint64_t> wrong = 0;
    std::atomic<int> under_way = 0;
    std::promise<void> ended;
};

iocp::Task<bool> Ask(IOCP_Client& server, std::string question, Visits& visits) {
    if (!co_await server.Send(question)) co_return false;
    std::string answer;
    while (answer.size() < question.size()) {
        const auto more = co_await server.Recv().Within(2s);
        if (!more) co_return false;
        answer += more.Text();
    }
    if (answer != question) ++visits.wrong;
    co_return true;
}

iocp::Task<> Visit(iocp::Endpoint server, int times, Visits& visits) {
    for (int i = 0; i < times; ++i) {
        auto connection = co_await iocp::Connect(server, iocp::Transport::Tcp, 10s);
        bool well = static_cast<bool>(connection);
        for (int turn = 0; well && turn < 5; ++turn) {
            const std::string question(1 + static_cast<std::size_t>(turn * 997 + i), static_cast<char>('a' + turn));
            well = co_await Ask(*connection, question, visits);
        }
        ++(well ? visits.answered : visits.failed);
    }
    if (--visits.under_way == 0) visits.ended.set_value();
}

iocp::Task<> AskByDatagram(iocp::Endpoint server, std::string question, std::string& answer) {
    auto connection = co_await iocp::Connect(server, iocp::Transport::Udp);
    co_await connection->Send(question);
    const auto received = co_await connection->Recv();
    answer = received.Text();
}

iocp::Task<> Fetch(iocp::Endpoint server, const std::string& content, int times, Visits& visits) {
    for (int i = 0; i < times; ++i) {
        auto connection = co_await iocp::Connect(server, iocp::Transport::Tcp, 10s);
        std::string received;
        bool more = static_cast<bool>(connection);
        while (more) {
            const auto bytes = co_await connection->Recv().Within(2s);
            received += bytes.Text();
            more = static_cast<bool>(bytes);
        }
        if (content.compare(0, received.size(), received) != 0) ++visits.wrong;
        ++(received.size() == content.size() ? visits.answered : visits.failed);
    }
    if (--visits.under_way == 0) visits.ended.set_value();
}

void Send(IOCP_CORE& clients, const iocp::Endpoint& server, int visitors, int times, Visits& visits) {
    visits.under_way = visitors;
    for (int i = 0; i < visitors; ++i) clients.Spawn(Visit(server, times, visits));
}

void ExpectBalance(const LedgerNetwork& ledger) {
    const auto sum = ledger.Sum();
    EXPECT_GT(sum.issued, 0u);
    EXPECT_EQ(sum.issued, sum.Finished()) << ledger.Json();
}

// A fault test that fired none proves nothing.
void ExpectAllFired(const FaultyNetwork& faults) {
    for (const std::uint64_t fired : faults.Fired()) EXPECT_GT(fired, 0u) << faults.Json();
}

class FaultsTest : public testing::TestWithParam<iocp::EngineKind> {};

TEST_P(FaultsTest, EachOperationEndsOnceWhateverTheEngineDoes) {
    FaultyNetwork faults(1, kAllFaults);
    LedgerNetwork ledger(faults);
    iocp::Options options;
    options.engine = GetParam();
    options.network = &ledger;

    auto echo = std::make_shared<Echo>();
    Visits visits;
    QuietCore server({{0, 1, echo, iocp::Transport::Tcp, "127.0.0.1"}}, options);
    server.Start(2);
    QuietCore clients(std::vector<iocp::Listener>{}, options);
    clients.Start(2);
    Send(clients, server.Listening(), 10, 20, visits);
    ASSERT_EQ(visits.ended.get_future().wait_for(60s), std::future_status::ready);
    clients.Stop();
    server.Stop();

    EXPECT_EQ(visits.answered + visits.failed, 200u);
    EXPECT_GT(visits.answered, 20u);
    EXPECT_GT(visits.failed, 0u);
    EXPECT_EQ(visits.wrong, 0u);
    EXPECT_EQ(echo->accepted, echo->deleted);
    ExpectBalance(ledger);
    ExpectAllFired(faults);
}

TEST_P(FaultsTest, FilesArriveOrEndWithTheirConnectionWhateverTheEngineDoes) {
    FaultyNetwork faults(1, kAllFaults);
    LedgerNetwork ledger(faults);
    iocp::Options options;
    options.engine = GetParam();
    options.network = &ledger;
    std::string content(100'000, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 + i / 256);
    const iocp_test::TemporaryFile on_disk(content);

    Visits visits;
    QuietCore server({{0, 1, std::make_shared<FileSender>(on_disk.Path()), iocp::Transport::Tcp, "127.0.0.1"}},
                     options);
    server.Start(2);
    QuietCore clients(std::vector<iocp::Listener>{}, options);
    clients.Start(2);
    visits.under_way = 10;
    for (int i = 0; i < 10; ++i) clients.Spawn(Fetch(server.Listening(), content, 20, visits));
    ASSERT_EQ(visits.ended.get_future().wait_for(60s), std::future_status::ready);
    clients.Stop();
    server.Stop();

    EXPECT_EQ(visits.answered + visits.failed, 200u);
    EXPECT_GT(visits.answered, 20u);
    EXPECT_EQ(visits.wrong, 0u);
    EXPECT_GT(ledger.Closed().at(static_cast<std::size_t>(IOCP_Operation::Kind::SendFile)).worked, 0u);
    ExpectBalance(ledger);
}

INSTANTIATE_TEST_SUITE_P(On, FaultsTest, testing::ValuesIn(iocp_test::EnginesUnderTest()),
                         [](const auto& engine) { return std::string(ToString(engine.param)); });

TEST(SimulatedFaults, EachOperationEndsOnceForEverySeed) {
    FaultyNetwork::Counts fired{};
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        iocp::Simulation sim(seed);
        sim.Conditions().loss = 0.01;
        FaultyNetwork faults(seed, kAllFaults, *sim.Network());
        LedgerNetwork ledger(faults);
        iocp::Options options;
        options.network = &ledger;
        auto echo = std::make_shared<Echo>();
        Visits visits;
        {
            QuietCore server({{7, 1, echo}}, options);
            server.Start(2);
            QuietCore clients(std::vector<iocp::Listener>{}, options);
            clients.Start(1);
            Send(clients, *iocp::Endpoint::Parse("10.9.9.9", 7), 5, 5, visits);
            ASSERT_TRUE(sim.RunUntil([&] { return visits.under_way == 0; }, 24h)) << sim.Report();
            clients.Stop();
            server.Stop();
        }
        ASSERT_EQ(visits.answered + visits.failed, 25u);
        ASSERT_EQ(visits.wrong, 0u) << sim.Report();
        ASSERT_EQ(echo->accepted, echo->deleted) << sim.Report();
        ExpectBalance(ledger);
        for (std::size_t i = 0; i < fired.size(); ++i) fired.at(i) += faults.Fired().at(i);
    }
    for (const std::uint64_t each : fired) EXPECT_GT(each, 0u);
}

// The accept errors of many years, in a moment.
TEST(SimulatedFaults, AListenerSurvivesAHundredThousandAcceptErrors) {
    iocp::Simulation sim(1);
    FaultyNetwork faults(1, {0.99, 0, 0, 0, 0, 0, 0, 0}, *sim.Network());
    iocp::Options options;
    options.network = &faults;
    std::uint64_t retries = 0;
    {
        QuietCore server({{7, 1, std::make_shared<Echo>()}}, options);
        server.Start(1);
        while ((retries = server.Counters().accept_retries) < 100'000) {
            auto peer = sim.Connect(*iocp::Endpoint::Parse("10.9.9.9", 7));
            peer.Write("still there?");
            std::string answer;
            ASSERT_TRUE(sim.RunUntil([&] { return (answer += peer.Read()) == "still there?"; }, 1h)) << sim.Report();
            peer.Close();
        }
    }
    EXPECT_GE(faults.Fired().front(), retries);
}

TEST(SimulatedFaults, WhereTheSystemIsFullAnAcceptIsTriedAgainAfterAPause) {
    iocp::Simulation sim(1);
    FailingNetwork full(*sim.Network(), IOCP_Operation::Kind::Accept, 1'000'000);
    iocp::Options options;
    options.network = &full;
    QuietCore server({{7, 1, std::make_shared<Echo>()}}, options);
    server.Start(1);

    // A listener that did not pause would not let time pass.
    EXPECT_FALSE(sim.RunUntil([&] { return server.Counters().accept_retries > 250; }, 10s));
    EXPECT_GT(server.Counters().accept_retries, 100u);
    full.left = 0;
    auto peer = sim.Connect(*iocp::Endpoint::Parse("10.9.9.9", 7));
    peer.Write("at last");
    sim.RunFor(1s);
    EXPECT_EQ(peer.Read(), "at last") << sim.Report();
}

TEST(SimulatedFaults, WhereAUdpListenersSocketFailsItReceivesAgainAfterAPause) {
    constexpr std::uint64_t kMany = 1'000'000;
    iocp::Simulation sim(1);
    FailingNetwork failing(*sim.Network(), IOCP_Operation::Kind::RecvFrom, kMany);
    iocp::Options options;
    options.network = &failing;
    QuietCore server({{7, 1, std::make_shared<Echo>(), iocp::Transport::Udp}}, options);
    server.Start(1);
    auto peer = sim.Connect(*iocp::Endpoint::Parse("10.9.9.9", 7), iocp::Transport::Udp);
    peer.Write("still there?");

    EXPECT_FALSE(sim.RunUntil([&] { return failing.left < kMany - 250; }, 10s));
    EXPECT_LT(failing.left, kMany - 100);
    failing.left = 0;
    sim.RunFor(1s);
    EXPECT_EQ(peer.ReadDatagram().value_or("nothing"), "still there?") << sim.Report();
}

TEST(SimulatedFaults, SoDoesAUdpClient) {
    constexpr std::uint64_t kMany = 1'000'000;
    iocp::Simulation sim(1);
    FailingNetwork failing(*sim.Network(), IOCP_Operation::Kind::RecvFrom, kMany);
    iocp::Options options;
    options.network = sim.Network();
    QuietCore server({{7, 1, std::make_shared<Echo>(), iocp::Transport::Udp, "10.9.9.9"}}, options);
    server.Start(1);
    options.network = &failing;
    QuietCore clients(std::vector<iocp::Listener>{}, options);
    clients.Start(1);
    std::string answer;
    clients.Spawn(AskByDatagram(*iocp::Endpoint::Parse("10.9.9.9", 7), "still there?", answer));

    EXPECT_FALSE(sim.RunUntil([&] { return failing.left < kMany - 250; }, 10s));
    EXPECT_LT(failing.left, kMany - 100);
    failing.left = 0;
    sim.RunFor(1s);
    EXPECT_EQ(answer, "still there?") << sim.Report();
}

}  // namespace
