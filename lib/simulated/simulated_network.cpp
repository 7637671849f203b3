// SPDX-License-Identifier: MIT
#include "simulated_network.h"

#include "simulated_crew.h"
#include "simulated_engine.h"
#include "simulated_socket.h"

#include <algorithm>
#include <utility>

namespace iocp::detail {

namespace {

constexpr std::chrono::seconds kDialAgain{1};  // where nobody answered (RFC 6298, 2.1)

Endpoint Anywhere(Endpoint::Family family, std::uint16_t port) noexcept { return {family, {}, port}; }

// The registered user of an endpoint: under its own address, or under that of everybody.
template <class Users>
auto FindUser(const Users& users, const Endpoint& endpoint) {
    for (const Endpoint& each : {endpoint, Anywhere(endpoint.AddressFamily(), endpoint.Port()),
                                 Anywhere(Endpoint::Family::V6, endpoint.Port())})
        if (const auto found = users.find(each); found != users.end()) return found;
    return users.end();
}

}  // namespace

SimulatedNetwork::SimulatedNetwork(std::uint64_t seed) noexcept : random_(seed) { trace_.Name(0, "simulation"); }

SimulatedNetwork::SimulatedNetwork(std::span<const std::uint8_t> choices)
    : choices_(choices.begin(), choices.end()), random_(choices_, 0) {
    trace_.Name(0, "simulation");
}

SimulatedNetwork::~SimulatedNetwork() = default;

bool SimulatedNetwork::Step(Clock::time_point until) {
    if (now_ > until) return false;
    if (agenda_.First() <= now_) {
        agenda_.RunFirst();
        return true;
    }
    for (std::size_t i = 0; i < crews_.size(); ++i) crews_[i]->TickIfDue();  // a tick may add and remove crews
    if (TurnSomebody()) {
        now_ += kTurn;
        return true;
    }
    const auto next = NextTime();
    if (next > until || next == Clock::time_point::max()) {
        if (until != Clock::time_point::max()) now_ = std::max(now_, until);
        return false;
    }
    now_ = std::max(now_, next);
    return true;
}

bool SimulatedNetwork::TurnSomebody() {
    ready_.clear();
    for (SimulatedCrew* crew : crews_) crew->FindReady(ready_);
    if (ready_.empty()) return false;
    const auto [crew, worker] = ready_[Pick(ready_.size())];  // copied: a turn may have one of its own inside
    crew->Turn(*worker);
    return true;
}

Clock::time_point SimulatedNetwork::NextTime() const {
    Clock::time_point next = agenda_.First();
    for (const SimulatedCrew* crew : crews_) next = std::min(next, crew->NextDue());
    return next;
}

std::size_t SimulatedNetwork::PieceOf(std::size_t size) noexcept {
    const bool whole = !conditions.pieces || size <= 1 || random_.Chance(0.5);
    if (whole) return size;
    ++counters.pieces;
    return 1 + random_.Below(size - 1);
}

bool SimulatedNetwork::Roll(double probability, std::uint64_t& counter) noexcept {
    if (!Roll(probability)) return false;
    ++counter;
    return true;
}

bool SimulatedNetwork::IsPartitioned() noexcept {
    if (conditions.partition) ++counters.held_up;
    return conditions.partition;
}

std::chrono::nanoseconds SimulatedNetwork::Delay() noexcept {
    auto delay = conditions.latency;
    if (conditions.jitter.count() > 0)
        delay += std::chrono::nanoseconds(random_.Below(static_cast<std::uint64_t>(conditions.jitter.count()) + 1));
    return delay;
}

std::chrono::nanoseconds SimulatedNetwork::Transfer(std::size_t size) const noexcept {
    if (conditions.bandwidth == 0) return {};
    return std::chrono::nanoseconds(std::uint64_t{size} * 1'000'000'000 / conditions.bandwidth);
}

Endpoint SimulatedNetwork::NewAddress() noexcept {
    const std::uint32_t number = ++last_address_;
    const std::array<std::uint8_t, 16> bytes{10, static_cast<std::uint8_t>(number >> 16),
                                             static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
    return {Endpoint::Family::V4, bytes, static_cast<std::uint16_t>(40'000 + number % 20'000)};
}

void SimulatedNetwork::Dial(const Endpoint& from, const Endpoint& to, const std::weak_ptr<StreamOpener>& opener) {
    After(now_ + Delay(), [this, from, to, opener] { Knock(from, to, opener); });
}

void SimulatedNetwork::Knock(const Endpoint& from, const Endpoint& to, const std::weak_ptr<StreamOpener>& opener) {
    if (opener.expired()) return;
    if (IsPartitioned() || Roll(conditions.loss, counters.lost))
        return After(now_ + kDialAgain, [this, from, to, opener] { Knock(from, to, opener); });
    const auto answered = now_ + Delay();
    const auto listener = FindUser(listeners_, to);
    std::shared_ptr<Stream> stream;
    if (listener != listeners_.end()) {
        stream = std::make_shared<Stream>(*this, ++last_connection_, from, to);
        trace_.Name(stream->Id(), "tcp " + from.ToString() + " -> " + to.ToString());
        Note(stream->Id(), "is opened");
        stream->NotBefore(Side::Client, answered);
        if (!SocketOf(listener->second).LetIn(stream))
            return After(now_ + kDialAgain, [this, from, to, opener] { Knock(from, to, opener); });
    }
    After(answered, [opener, stream] {
        const auto alive = opener.lock();
        if (alive != nullptr)
            alive->OnOpened(stream);
        else if (stream)
            stream->Reset(Side::Client);
    });
}

void SimulatedNetwork::Send(const Endpoint& from, const Endpoint& to, const std::string& bytes) {
    const std::size_t copies = Roll(conditions.duplication, counters.duplicated) ? 2 : 1;
    for (std::size_t i = 0; i < copies; ++i) {
        if (IsPartitioned() || Roll(conditions.loss, counters.lost)) continue;
        auto delay = Delay() + Transfer(bytes.size());
        if (Roll(conditions.reordering, counters.reordered)) delay *= 1 + static_cast<int>(Pick(10));
        After(now_ + delay, [this, from, to, bytes] {
            if (DatagramUser* user = ReceiverAt(to)) user->OnDatagram(from, to, bytes);
        });
    }
    Note(0, "datagram", bytes.size());
}

void SimulatedNetwork::Bind(const Endpoint& endpoint, DatagramUser* user) {
    if (user != nullptr)
        receivers_[endpoint] = user;
    else
        receivers_.erase(endpoint);
}

DatagramUser* SimulatedNetwork::ReceiverAt(const Endpoint& endpoint) const {
    const auto found = FindUser(receivers_, endpoint);
    return found != receivers_.end() ? found->second : nullptr;
}

SocketHandle SimulatedNetwork::AddAccepted(std::shared_ptr<Stream> stream) {
    const SocketHandle handle = NewHandle();
    sockets_[handle] = std::make_shared<SimulatedSocket>(*this, std::move(stream));
    return handle;
}

Endpoint SimulatedNetwork::FreePort(const Endpoint& wanted) const {
    const auto is_taken = [this](const Endpoint& endpoint) {
        return listeners_.contains(endpoint) || receivers_.contains(endpoint);
    };
    if (wanted.Port() != 0) return wanted;
    std::uint16_t port = 1024;
    while (is_taken({wanted.AddressFamily(), wanted.AddressBytes(), port})) ++port;
    return {wanted.AddressFamily(), wanted.AddressBytes(), port, wanted.Scope()};
}

OpenedSocket SimulatedNetwork::OpenListening(const Endpoint& endpoint, Transport transport, bool, int backlog) {
    const Endpoint local = FreePort(endpoint);
    const bool taken = transport == Transport::Tcp ? listeners_.contains(local) : receivers_.contains(local);
    if (taken) return {kNoSocket, NativeCodeOf(Failure::AddressInUse)};
    const SocketHandle handle = NewHandle();
    const auto socket = std::make_shared<SimulatedSocket>(*this, transport, local, static_cast<std::size_t>(backlog));
    sockets_[handle] = socket;
    if (transport == Transport::Tcp)
        listeners_[local] = handle;
    else
        Bind(local, socket.get());
    return {handle, 0};
}

OpenedSocket SimulatedNetwork::OpenStream(Endpoint::Family) {
    const SocketHandle handle = NewHandle();
    sockets_[handle] = std::make_shared<SimulatedSocket>(*this, Transport::Tcp, NewAddress(), 0);
    return {handle, 0};
}

void SimulatedNetwork::CloseSocket(SocketHandle handle) noexcept {
    const auto found = sockets_.find(handle);
    if (found == sockets_.end()) return;
    const auto socket = found->second;
    sockets_.erase(found);
    std::erase_if(listeners_, [handle](const auto& each) { return each.second == handle; });
    if (socket->Over() == Transport::Udp) Bind(socket->Local(), nullptr);
    socket->Close();
}

void SimulatedNetwork::ResetSocket(SocketHandle handle) noexcept {
    SocketOf(handle).Reset();
    CloseSocket(handle);
}

void SimulatedNetwork::ShutdownSend(SocketHandle handle) noexcept { SocketOf(handle).ShutdownSend(); }

Endpoint SimulatedNetwork::LocalEndpoint(SocketHandle handle) const noexcept {
    const auto found = sockets_.find(handle);
    return found != sockets_.end() ? found->second->Local() : Endpoint();
}

EngineChoice SimulatedNetwork::ChooseEngine(EngineKind, const Options&) {
    return {EngineKind::Simulated, "simulated", AcceptDepth{1, 4}};
}

std::unique_ptr<Engine> SimulatedNetwork::MakeEngine(EngineKind, const Options&, BufferPool& buffers) {
    auto engine = std::make_unique<SimulatedEngine>(*this, buffers);
    last_engine_ = engine.get();
    return engine;
}

SimulatedNetwork::Resolved SimulatedNetwork::Resolve(const std::string& host, std::uint16_t port) {
    const auto found = hosts_.find(host);
    if (found == hosts_.end()) return {{}, NativeCodeOf(Failure::Refused)};
    Resolved resolved;
    for (const Endpoint& each : found->second)
        resolved.endpoints.emplace_back(each.AddressFamily(), each.AddressBytes(), port, each.Scope());
    if (resolved.endpoints.empty()) resolved.native_code = NativeCodeOf(Failure::Refused);
    return resolved;
}

std::unique_ptr<Crew> SimulatedNetwork::MakeCrew(CoreState& core) {
    return std::make_unique<SimulatedCrew>(*this, core);
}

}  // namespace iocp::detail
