// SPDX-License-Identifier: MIT
// What the library promises, tried on each engine by its name. A test starts a core with a handler, plays the peers
// with plain sockets, and reads what the handler noted.
#pragma once

#include "support/notes.h"
#include "support/peer.h"
#include "support/platform.h"

#include <gtest/gtest.h>
#include <iocp/iocp.h>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iocp_test {

using namespace std::chrono_literals;

using iocp::Outcome;
using iocp::Task;
using iocp::Transport;

// Prints nothing, and notes what reaches OnError as "CLIENT ID: WHAT IT SAYS".
class QuietCore : public IOCP_CORE {
public:
    QuietCore(std::vector<iocp::Listener> listeners, const iocp::Options& options, Notes& errors)
        : IOCP_CORE(std::move(listeners), options), errors_(errors) {}
    ~QuietCore() override { Stop(); }

protected:
    void OnStart() override {}
    void OnError(const iocp::HandlerError& error) noexcept override {
        errors_.Write(std::to_string(error.client_id) + ": " + error.Message());
    }

private:
    Notes& errors_;
};

class Conformance : public testing::TestWithParam<iocp::EngineKind> {
public:
    // A coroutine without captures; what it needs of the test it is given.
    using Handler = Task<> (*)(IOCP_Client& client, Conformance& test);

    Conformance();

    // Stops the core: at the end of every test no operation and no client is left, and no error went unseen.
    void TearDown() override;

    [[nodiscard]] iocp::Listener Tcp(Handler handler, std::string address = "127.0.0.1");
    [[nodiscard]] iocp::Listener Udp(Handler handler, std::string address = "127.0.0.1");

    // Starts `core`.
    void Serve(const std::vector<iocp::Listener>& listeners);
    void Serve(const iocp::Listener& listener) { Serve(std::vector{listener}); }
    void Serve(Handler handler) { Serve(Tcp(handler)); }
    void Serve(std::shared_ptr<IOCP_Protocol> protocol);

    // Makes `core` without starting it.
    void Make(const std::vector<iocp::Listener>& listeners);

    // Where listener number `index` is reached from here.
    [[nodiscard]] iocp::Endpoint Where(std::size_t index = 0) const { return core->Listening(index); }

    iocp::Options options;
    unsigned workers = 1;
    Notes notes;
    Notes errors;
    std::unique_ptr<IOCP_CORE> core;

private:
    Watchdog watchdog_;
};

Task<> Echo(IOCP_Client& client, Conformance& test);

// Notes how each Recv ends until one fails.
Task<> Listen(IOCP_Client& client, Conformance& test);

[[nodiscard]] inline auto EveryEngine() { return testing::ValuesIn(EnginesUnderTest()); }

[[nodiscard]] inline std::string NameOfEngine(const testing::TestParamInfo<iocp::EngineKind>& engine) {
    return std::string(ToString(engine.param));
}

// `size` bytes in which no part looks like another.
[[nodiscard]] std::string Noise(std::size_t size);

}  // namespace iocp_test
