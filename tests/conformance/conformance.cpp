// SPDX-License-Identifier: MIT
#include "conformance.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <future>
#include <stdexcept>

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

// Prints nothing, and notes what is for OnError.
class QuietCore final : public IOCP_CORE {
public:
    QuietCore(const std::vector<iocp::Listener>& listeners, Conformance& test)
        : IOCP_CORE(listeners, test.options), test_(test) {}
    ~QuietCore() override { Stop(); }

private:
    void OnStart() override { Call(test_.hooks.on_start); }
    void OnStop() override { Call(test_.hooks.on_stop); }
    void OnBackgroundTick() override { Call(test_.hooks.on_tick); }
    void OnError(const iocp::HandlerError& error) noexcept override {
        test_.errors.Write(std::to_string(error.client_id) + ": " + error.Message());
    }

    static void Call(const std::function<void()>& hook) {
        if (hook) hook();
    }

    Conformance& test_;
};

Task<> Fulfil(std::promise<void>& promise) {
    promise.set_value();
    co_return;
}

Task<> Open(Gate& gate) {
    gate.Open();
    co_return;
}

}  // namespace

Conformance::Conformance() : options(OptionsUnderTest()), watchdog_(NameOfTest()) {
    options.engine = GetParam();
    options.linger = 100ms;
}

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
    core = std::make_unique<QuietCore>(listeners, *this);
}

void Conformance::Start() {
    core->Start(workers);
    if (GetParam() != iocp::EngineKind::Auto) {
        EXPECT_EQ(core->EngineReport(), ToString(GetParam()));
    }
}

void Conformance::Serve(const std::vector<iocp::Listener>& listeners) {
    Make(listeners);
    Start();
}

void Conformance::Serve(std::shared_ptr<IOCP_Protocol> protocol) {
    Serve(iocp::Listener(0, 1, std::move(protocol), Transport::Tcp, "127.0.0.1"));
}

void Conformance::Settle() {
    // A task runs between the turns of the worker; what was begun before the first has been submitted before the
    // second.
    for (int turn = 0; turn < 2; ++turn) {
        std::promise<void> reached;
        core->Spawn(Fulfil(reached));
        if (reached.get_future().wait_for(kPatience) != std::future_status::ready)
            throw std::runtime_error("the worker does not settle");
    }
}

void Conformance::OpenGate() { core->Spawn(Open(gate)); }

std::shared_ptr<IOCP_Client> Conformance::OnlyClient() const {
    std::shared_ptr<IOCP_Client> found;
    core->ForEachClient([&](IOCP_Client& client) { found = client.shared_from_this(); });
    return found;
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
    for (std::size_t at = 0; at < size; at += sizeof state) {  // a congruential generator with Knuth's constants
        state = state * 6364136223846793005u + 1442695040888963407u;
        std::memcpy(&bytes[at], &state, std::min(sizeof state, size - at));
    }
    return bytes;
}

}  // namespace iocp_test
