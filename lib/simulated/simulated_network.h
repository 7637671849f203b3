// SPDX-License-Identifier: MIT
#pragma once

#include "agenda.h"
#include "network.h"
#include "random.h"
#include "stream.h"
#include "trace.h"

#include <iocp/simulation.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace iocp::detail {

class SimulatedCrew;
class SimulatedEngine;
class SimulatedSocket;
class Worker;

// Whoever gets the datagrams that are sent to one endpoint.
class DatagramUser {
public:
    virtual void OnDatagram(const Endpoint& from, const Endpoint& to, std::string bytes) = 0;

protected:
    ~DatagramUser() = default;
};

// Whoever opens a stream; told once what came of it, null where it was refused.
class StreamOpener {
public:
    virtual void OnOpened(std::shared_ptr<Stream> stream) = 0;

protected:
    ~StreamOpener() = default;
};

// The network behind a Simulation: its clock, what is under way, its sockets, and the crews that work on it.
class SimulatedNetwork final : public Network {
public:
    explicit SimulatedNetwork(std::uint64_t seed) noexcept;
    explicit SimulatedNetwork(std::span<const std::uint8_t> choices);
    ~SimulatedNetwork();

    Conditions conditions;
    SimulationCounters counters;

    // The time, and what is to happen at some time.
    [[nodiscard]] Clock::time_point Now() const noexcept override { return now_; }
    [[nodiscard]] std::chrono::nanoseconds Elapsed() const noexcept { return now_ - Clock::time_point(kBegin); }
    void After(Clock::time_point time, Agenda::Event event) { agenda_.At(time, std::move(event)); }

    // Makes the next thing happen, at `until` at the latest. False: there is nothing more, and the time is `until`.
    bool Step(Clock::time_point until);

    // Chance, which counts what it decides for; how long the way is, and how long `size` bytes hold it up.
    [[nodiscard]] bool Roll(double probability) noexcept { return probability > 0 && random_.Chance(probability); }
    [[nodiscard]] bool Roll(double probability, std::uint64_t& counter) noexcept;
    [[nodiscard]] bool IsPartitioned() noexcept;
    [[nodiscard]] std::size_t PieceOf(std::size_t size) noexcept;
    [[nodiscard]] std::size_t Pick(std::size_t count) noexcept { return random_.Below(count); }
    [[nodiscard]] std::chrono::nanoseconds Delay() noexcept;
    [[nodiscard]] std::chrono::nanoseconds Transfer(std::size_t size) const noexcept;

    void Note(std::uint64_t connection, std::string_view what, std::uint64_t value = 0) {
        trace_.Add(Elapsed(), connection, what, value);
    }
    [[nodiscard]] const Trace& History() const noexcept { return trace_; }

    // Streams and datagrams.
    [[nodiscard]] Endpoint NewAddress() noexcept;
    void Dial(const Endpoint& from, const Endpoint& to, const std::weak_ptr<StreamOpener>& opener);
    void Send(const Endpoint& from, const Endpoint& to, const std::string& bytes);
    void Bind(const Endpoint& endpoint, DatagramUser* user);  // null: nobody any more

    // Sockets, as engines know them.
    [[nodiscard]] SimulatedSocket& SocketOf(SocketHandle handle) const { return *sockets_.at(handle); }
    [[nodiscard]] SocketHandle AddAccepted(std::shared_ptr<Stream> stream);

    OpenedSocket OpenListening(const Endpoint& endpoint, Transport transport, bool both_families, int backlog) override;
    OpenedSocket OpenStream(Endpoint::Family family) override;
    void CloseSocket(SocketHandle handle) noexcept override;
    void ResetSocket(SocketHandle handle) noexcept override;
    void ShutdownSend(SocketHandle handle) noexcept override;
    [[nodiscard]] Endpoint LocalEndpoint(SocketHandle handle) const noexcept override;

    EngineChoice ChooseEngine(EngineKind asked, const Options& options) override;
    std::unique_ptr<Engine> MakeEngine(EngineKind kind, const Options& options, BufferPool& buffers) override;
    void AddHost(std::string name, std::vector<Endpoint> addresses) { hosts_[std::move(name)] = std::move(addresses); }
    Resolved Resolve(const std::string& host, std::uint16_t port) override;
    bool HasThreads() const noexcept override { return false; }
    std::unique_ptr<Crew> MakeCrew(CoreState& core) override;

    // The engine that was made last: by a crew that opens its workers one by one.
    [[nodiscard]] SimulatedEngine& LastEngine() const noexcept { return *last_engine_; }

    void Add(SimulatedCrew& crew) { crews_.push_back(&crew); }
    void Remove(SimulatedCrew& crew) noexcept { std::erase(crews_, &crew); }

private:
    static constexpr std::chrono::hours kBegin{1};
    static constexpr std::chrono::microseconds kTurn{1};  // what a turn of a worker takes

    [[nodiscard]] Endpoint FreePort(const Endpoint& wanted) const;
    [[nodiscard]] SimulatedSocket* ListenerAt(const Endpoint& endpoint) const;
    [[nodiscard]] DatagramUser* ReceiverAt(const Endpoint& endpoint) const;
    void Knock(const Endpoint& from, const Endpoint& to, const std::weak_ptr<StreamOpener>& opener);
    SocketHandle NewHandle() noexcept { return ++last_handle_; }
    bool TurnSomebody();
    [[nodiscard]] Clock::time_point NextTime() const;

    const std::vector<std::uint8_t> choices_;
    Random random_;
    Clock::time_point now_{kBegin};
    Agenda agenda_;
    Trace trace_;
    std::unordered_map<SocketHandle, std::shared_ptr<SimulatedSocket>> sockets_;
    std::map<Endpoint, SocketHandle> listeners_;
    std::map<Endpoint, DatagramUser*> receivers_;
    std::map<std::string, std::vector<Endpoint>> hosts_;
    std::vector<SimulatedCrew*> crews_;
    std::vector<std::pair<SimulatedCrew*, Worker*>> ready_;  // in TurnSomebody
    SimulatedEngine* last_engine_ = nullptr;
    SocketHandle last_handle_ = 0;
    std::uint64_t last_connection_ = 0;
    std::uint32_t last_address_ = 0;
};

}  // namespace iocp::detail
