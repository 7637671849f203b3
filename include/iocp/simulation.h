// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/core.h>
#include <iocp/endpoint.h>
#include <iocp/options.h>
#include <iocp/protocol.h>
#include <iocp/task.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iocp {

namespace detail {
class ScriptedPeer;
class SimulatedNetwork;
}  // namespace detail

// How a simulated network treats what goes over it. Chances are from 0 to 1.
struct Conditions {
    std::chrono::nanoseconds latency{200'000};  // from one end to the other
    std::chrono::nanoseconds jitter{100'000};   // at most this much more, at random
    std::uint64_t bandwidth = 0;                // bytes per second in each direction of a connection; 0: no limit
    std::size_t window = std::size_t{1} << 16;  // bytes of a stream that are under way, or arrived and not read
    bool pieces = true;                         // streams arrive, are sent and are received in pieces of random size

    double loss = 0;         // of a datagram; a piece of a stream that is lost comes later, as TCP sends it again
    double duplication = 0;  // of a datagram
    double reordering = 0;   // that a datagram takes up to ten times its latency
    double reset = 0;        // that a piece breaks its connection instead of arriving
    bool partition = false;  // nothing arrives while this holds: datagrams are lost, streams wait
};

// How often a simulated network has done what its Conditions allow: a test that is meant to meet a fault demands that
// it did.
struct SimulationCounters {
    std::uint64_t pieces = 0;       // parts of a stream that were sent or received apart from the rest
    std::uint64_t window_full = 0;  // times a stream had no room for more
    std::uint64_t lost = 0;         // datagrams; pieces and openings of streams, which came later
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;
    std::uint64_t resets = 0;   // by Conditions::reset
    std::uint64_t held_up = 0;  // by a partition: datagrams lost, pieces and openings of streams made to wait
};

// The far end of a connection into a simulation, played by a test. A handle: copy it freely, use it while the
// simulation lives, on the simulation's thread. What it does takes effect at the simulation's present time.
class SimulatedPeer {
public:
    // Sends all of `bytes`, as fast as the connection takes them; on UDP as one datagram.
    void Write(std::string_view bytes) const;

    // What has arrived since the last call; TCP.
    [[nodiscard]] std::string Read() const;

    // The oldest datagram that has arrived, or nothing; UDP.
    [[nodiscard]] std::optional<std::string> ReadDatagram() const;

    // Leaves what arrives in the connection, so that its window fills and the server must wait; until GoOnReading.
    void StopReading() const;
    void GoOnReading() const;

    void ShutdownSend() const;  // ends this side in order, once all is sent that was written; still reads
    void Close() const;         // ends both sides in order
    void Reset() const;         // breaks the connection

    [[nodiscard]] bool IsConnected() const;  // the server's system has answered
    [[nodiscard]] bool HasEnded() const;     // the server has ended its side in order, and all before it was read
    [[nodiscard]] bool WasReset() const;     // the connection was refused, or broken by either side or the network
    [[nodiscard]] Endpoint Local() const;

private:
    friend class Simulation;

    explicit SimulatedPeer(detail::ScriptedPeer& peer) noexcept : peer_(&peer) {}

    detail::ScriptedPeer* peer_;
};

// A network in memory with a clock of its own, in which protocol handlers, and whole cores, run unchanged and without a
// thread: hours pass in moments, and all that is random comes from one seed. The same seed, program and Conditions give
// the same run, on every system and compiler; a failure is replayed by its seed.
//
//   iocp::Simulation sim(seed);
//   auto peer = sim.Connect(std::make_shared<EchoProtocol>());
//   peer.Write("hi");
//   sim.RunFor(1s);
//   EXPECT_EQ(peer.Read(), "hi") << sim.Report();
//
// Owner: the test. Thread rule: everything on the thread that made it. Cores whose Options::network is this one's are
// started, stopped and destroyed on it too, before the simulation is; their workers run inside RunFor and RunUntil.
class Simulation {
public:
    // `workers` that each server made by Listen or Connect has.
    explicit Simulation(std::uint64_t seed, unsigned workers = 2);

    // For a fuzzer: what is random is chosen by `choices` as long as they last, and by a seed from then on.
    explicit Simulation(std::span<const std::uint8_t> choices, unsigned workers = 2);
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;
    ~Simulation();

    // For a core of your own: Options::network.
    [[nodiscard]] iocp::Network* Network() noexcept;

    // May be changed at any time.
    [[nodiscard]] iocp::Conditions& Conditions() noexcept;

    // What has come of them so far.
    [[nodiscard]] const SimulationCounters& Counters() const noexcept;

    // From now on `name` stands for `addresses`, whose ports do not matter, where handlers Connect by name. Any other
    // name is unknown.
    void AddHost(std::string name, std::vector<Endpoint> addresses);

    // Starts a server inside the simulation, and yields where it listens.
    Endpoint Listen(const Listener& listener);
    Endpoint Listen(std::shared_ptr<IOCP_Protocol> protocol, Transport transport = Transport::Tcp);

    // A peer that connects to a server in the simulation, or to a new one for `protocol`.
    SimulatedPeer Connect(const Endpoint& server, Transport transport = Transport::Tcp);
    SimulatedPeer Connect(std::shared_ptr<IOCP_Protocol> protocol, Transport transport = Transport::Tcp);

    // Runs `task` beside the servers, for clients that are coroutines: they use iocp::Connect.
    void Spawn(Task<> task);

    // Lets time pass.
    void RunFor(std::chrono::nanoseconds duration);

    // Lets time pass until `condition` holds; false where it still does not after `at_most`.
    bool RunUntil(const std::function<bool()>& condition, std::chrono::nanoseconds at_most);

    // Since the simulation was made.
    [[nodiscard]] std::chrono::nanoseconds Elapsed() const noexcept;

    // Exceptions that handlers of the servers made by Listen and Connect let out, as texts.
    [[nodiscard]] const std::vector<std::string>& Errors() const noexcept;

    // A number that two runs have in common where everything happened in both at the same times.
    [[nodiscard]] std::uint64_t TraceHash() const noexcept;

    // The seed, the time, and the last events of each connection: for the message of a failed test.
    [[nodiscard]] std::string Report() const;

private:
    class Server;

    Server& Add(std::vector<Listener> listeners);

    std::unique_ptr<detail::SimulatedNetwork> network_;
    std::vector<std::unique_ptr<detail::ScriptedPeer>> peers_;
    std::vector<std::unique_ptr<Server>> servers_;
    std::vector<std::string> errors_;
    const std::string begins_;  // the report: what all chance came from
    const unsigned workers_;
};

}  // namespace iocp
