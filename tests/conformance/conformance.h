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
#include <coroutine>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace iocp {

// How GoogleTest shows an engine.
inline void PrintTo(EngineKind engine, std::ostream* out) { *out << ToString(engine); }

}  // namespace iocp

namespace iocp_test {

using namespace std::chrono_literals;

using iocp::Outcome;
using iocp::Task;
using iocp::Transport;

// Holds a handler where the library knows nothing of its waiting.
class Gate {
public:
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handler) noexcept { held_ = handler; }
    void await_resume() const noexcept {}

    // By a task on the handler's worker.
    void Open() { held_.resume(); }

private:
    std::coroutine_handle<> held_;
};

// A coroutine that its maker destroys.
struct Loose {
    struct promise_type {
        Loose get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::abort(); }
    };
    std::coroutine_handle<> coroutine;
};

// Tells that its coroutine is gone.
struct NoteEnd {
    Notes& notes;
    ~NoteEnd() { notes.Write("destroyed"); }
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

    // Makes `core` without starting it, and starts it.
    void Make(const std::vector<iocp::Listener>& listeners);
    void Make(Handler handler) { Make(std::vector{Tcp(handler)}); }
    void Start();

    // Where listener number `index` is reached.
    [[nodiscard]] iocp::Endpoint Where(std::size_t index = 0) const { return core->Listening(index); }

    // Returns when everything that the one worker has begun waits for the kernel.
    void Settle();

    // Lets the handler at the gate go on.
    void OpenGate();

    // The client, where there is one.
    [[nodiscard]] std::shared_ptr<IOCP_Client> OnlyClient() const;

    // Set before Serve.
    struct Hooks {
        std::function<void()> on_start;
        std::function<void()> on_stop;
        std::function<void()> on_tick;
    };

    iocp::Options options;
    unsigned workers = 1;
    Hooks hooks;
    Gate gate;
    Notes notes;
    Notes errors;  // what reached OnError, as "CLIENT ID: WHAT IT SAYS"
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

// `note`, `count` times.
[[nodiscard]] inline std::vector<std::string> Times(std::size_t count, const std::string& note) {
    return std::vector<std::string>(count, note);
}

// `size` bytes in which no part looks like another.
[[nodiscard]] std::string Noise(std::size_t size);

}  // namespace iocp_test
