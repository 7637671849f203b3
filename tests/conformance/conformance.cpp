// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <cstdint>

namespace iocp_test {

namespace {

std::string NameOfTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    return std::string(test->test_suite_name()) + "." + test->name();
}

// Runs a handler; notes nothing itself.
class Handling final : public IOCP_Protocol {
public:
    Handling(Conformance::Handler handler, Conformance& test) : handler_(handler), test_(test) {}

    Task<> ProcedureClient(IOCP_Client& client) override { return handler_(client, test_); }

private:
    Conformance::Handler handler_;
    Conformance& test_;
};

}  // namespace

Conformance::Conformance() : watchdog_(NameOfTest()) { options.engine = GetParam(); }

void Conformance::TearDown() {
    if (!core) return;
    core->Stop();
    EXPECT_EQ(core->OperationsInUse(), 0u);
    EXPECT_EQ(core->ClientCount(), 0u);
    EXPECT_EQ(errors.Rest(), std::vector<std::string>());
}

iocp::Listener Conformance::Tcp(Handler handler, std::string address) {
    return {0, 1, std::make_shared<Handling>(handler, *this), Transport::Tcp, std::move(address)};
}

iocp::Listener Conformance::Udp(Handler handler, std::string address) {
    return {0, 2, std::make_shared<Handling>(handler, *this), Transport::Udp, std::move(address)};
}

void Conformance::Make(const std::vector<iocp::Listener>& listeners) {
    core = std::make_unique<QuietCore>(listeners, options, errors);
}

void Conformance::Serve(const std::vector<iocp::Listener>& listeners) {
    Make(listeners);
    core->Start(workers);
    if (GetParam() != iocp::EngineKind::Auto) {
        EXPECT_EQ(core->EngineReport(), ToString(GetParam()));
    }
}

void Conformance::Serve(std::shared_ptr<IOCP_Protocol> protocol) {
    Serve(iocp::Listener(0, 1, std::move(protocol), Transport::Tcp, "127.0.0.1"));
}

Task<> Echo(IOCP_Client& client, Conformance&) {
    while (auto message = co_await client.Recv()) co_await client.Send(message);
}

Task<> Listen(IOCP_Client& client, Conformance& test) {
    Outcome last = Outcome::Ok;
    while (last == Outcome::Ok) {
        const auto message = co_await client.Recv();
        last = message.Why();
        test.notes.Write(last);
    }
}

std::string Noise(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint64_t state = size;
    for (char& byte : bytes) {  // a linear congruential generator with Knuth's constants
        state = state * 6364136223846793005u + 1442695040888963407u;
        byte = static_cast<char>(state >> 56);
    }
    return bytes;
}

}  // namespace iocp_test
