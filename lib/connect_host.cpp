// SPDX-License-Identifier: MIT
#include "core_state.h"
#include "misuse.h"
#include "resolver.h"
#include "worker.h"

#include <iocp/connect.h>
#include <iocp/event.h>
#include <iocp/group.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace iocp {

namespace detail {

namespace {

// The attempts to connect to one host.
struct Attempts {
    static constexpr std::size_t kMost = 6;

    std::vector<Endpoint> endpoints;
    std::chrono::milliseconds stagger;
    std::array<Event, kMost> turns;  // set when the attempt before has failed
    Scope* scope = nullptr;          // that all of them are in
    std::optional<Connected> winner;
    Result last{Outcome::Stopped};
};

// IPv6 and IPv4 in turn, beginning with the family that the system prefers (RFC 8305, section 4).
std::vector<Endpoint> Interleaved(const std::vector<Endpoint>& preferred) {
    std::vector<Endpoint> first;
    std::vector<Endpoint> second;
    for (const Endpoint& each : preferred)
        (each.AddressFamily() == preferred.front().AddressFamily() ? first : second).push_back(each);
    std::vector<Endpoint> all;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) all.push_back(first[i]);
        if (i < second.size()) all.push_back(second[i]);
    }
    all.resize(std::min(all.size(), Attempts::kMost));
    return all;
}

Task<> Attempt(Attempts& all, std::size_t index) {
    if (index >= all.endpoints.size()) co_return;
    if (index > 0) {
        const Result turn = co_await all.turns[index].Wait().Within(index * all.stagger);
        if (turn.Why() == Outcome::Stopped || all.winner) co_return;
    }
    Connected connected = co_await Connect(all.endpoints[index], Transport::Tcp, (std::chrono::milliseconds::max)());
    if (connected && !all.winner) {
        all.winner.emplace(std::move(connected));
        all.scope->End(Outcome::Stopped);
    } else if (!connected) {
        const Result& how = connected;
        if (!all.winner) all.last = how;
        if (index + 1 < Attempts::kMost) all.turns[index + 1].Set();
    }
}

Task<> Race(Attempts& all) {
    all.scope = co_await ThisScope();
    co_await All(Attempt(all, 0), Attempt(all, 1), Attempt(all, 2), Attempt(all, 3), Attempt(all, 4), Attempt(all, 5));
}

Task<Connected> ConnectHost(Worker& worker, std::string host, std::uint16_t port, std::chrono::milliseconds stagger) {
    Attempts all;
    all.stagger = stagger;
    if (const auto numeric = Endpoint::Parse(host, port)) {
        all.endpoints.push_back(*numeric);
    } else {
        Awaitable<JobWait<Network::Resolved>> lookup(LookUp(worker.Net(), std::move(host), port));
        const Value<Network::Resolved> found = co_await lookup;
        if (!found) co_return Connected(found);
        if (found->endpoints.empty()) co_return Connected(Result(Outcome::SystemError, 0, found->native_code));
        all.endpoints = Interleaved(found->endpoints);
    }
    const Result raced = co_await Race(all).With({});
    if (all.winner) co_return std::move(*all.winner);
    co_return Connected(raced.Why() == Outcome::Ok || all.last.Why() == Outcome::SystemError ? all.last : raced);
}

}  // namespace

}  // namespace detail

Task<Connected> Connect(std::string host, std::uint16_t port, ConnectOptions options) {
    detail::Worker* worker = detail::Worker::Current();
    if (worker == nullptr) detail::Misuse("iocp::Connect outside a coroutine of a core");
    auto connected =
        co_await detail::ConnectHost(*worker, std::move(host), port, options.stagger).Within(options.within);
    co_return std::move(connected);
}

}  // namespace iocp
