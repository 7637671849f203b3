// SPDX-License-Identifier: MIT
// The same file, whatever the network makes of the stream that carries it.
#include "support/temporary_file.h"

#include <gtest/gtest.h>
#include <iocp/file.h>
#include <iocp/iocp.h>
#include <iocp/simulation.h>

#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;

class Sender final : public IOCP_Protocol {
public:
    explicit Sender(const std::filesystem::path& path) : file_(iocp::File::Open(path)) {}

    iocp::Result sent;

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        co_await client.Send("<");
        sent = co_await client.SendFile(*file_);
        co_await client.Send(">");
    }

    iocp::Value<iocp::File> file_;
};

std::string Content() {
    std::string content(200'000, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 + i / 256);
    return content;
}

TEST(SimulatedFile, ArrivesWholeForEverySeed) {
    const std::string content = Content();
    const iocp_test::TemporaryFile on_disk(content);
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        iocp::Simulation sim(seed);
        sim.Conditions().jitter = 20ms;
        sim.Conditions().loss = 0.02;
        const auto sender = std::make_shared<Sender>(on_disk.Path());
        auto peer = sim.Connect(sender);
        std::string received;
        ASSERT_TRUE(sim.RunUntil([&] { return (received += peer.Read()).size() >= content.size() + 2; }, 1h))
            << sim.Report();

        ASSERT_TRUE(received == "<" + content + ">") << sim.Report();
        ASSERT_TRUE(sender->sent);
        ASSERT_EQ(sender->sent.size(), content.size());
    }
}

TEST(SimulatedFile, EndsWithItsConnection) {
    const iocp_test::TemporaryFile on_disk(Content());
    iocp::Simulation sim(1);
    sim.Conditions().window = 1'000;
    const auto sender = std::make_shared<Sender>(on_disk.Path());
    auto peer = sim.Connect(sender);
    ASSERT_TRUE(sim.RunUntil([&] { return peer.Read().size() > 1; }, 1h)) << sim.Report();

    peer.Reset();
    sim.RunFor(1h);

    EXPECT_EQ(sender->sent.Why(), iocp::Outcome::Reset) << sim.Report();
    EXPECT_LT(sender->sent.size(), 100'000U);
}

}  // namespace
