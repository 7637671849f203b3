// SPDX-License-Identifier: MIT
#include "scripted_peer.h"
#include "simulated_network.h"

#include <iocp/simulation.h>

#include <string>
#include <utility>

namespace iocp {

// A core of the simulation's own.
class Simulation::Server final : public IOCP_CORE {
public:
    Server(std::vector<Listener> listeners, const Options& options, std::vector<std::string>& errors)
        : IOCP_CORE(std::move(listeners), options), errors_(errors) {}
    ~Server() override { Stop(); }

private:
    void OnStart() override {}
    void OnError(const HandlerError& error) noexcept override { errors_.push_back(error.Message()); }

    std::vector<std::string>& errors_;
};

Simulation::Simulation(std::uint64_t seed, unsigned workers)
    : network_(std::make_unique<detail::SimulatedNetwork>(seed)),
      begins_("seed " + std::to_string(seed)),
      workers_(workers) {}

Simulation::Simulation(std::span<const std::uint8_t> choices, unsigned workers)
    : network_(std::make_unique<detail::SimulatedNetwork>(choices)),
      begins_("choices of " + std::to_string(choices.size()) + " bytes"),
      workers_(workers) {}

Simulation::~Simulation() {
    servers_.clear();
    peers_.clear();
}

iocp::Network* Simulation::Network() noexcept { return network_.get(); }

iocp::Conditions& Simulation::Conditions() noexcept { return network_->conditions; }

const SimulationCounters& Simulation::Counters() const noexcept { return network_->counters; }

void Simulation::AddHost(std::string name, std::vector<Endpoint> addresses) {
    network_->AddHost(std::move(name), std::move(addresses));
}

Simulation::Server& Simulation::Add(std::vector<Listener> listeners) {
    Options options;
    options.network = network_.get();
    options.drain = std::chrono::milliseconds::zero();
    servers_.push_back(std::make_unique<Server>(std::move(listeners), options, errors_));
    servers_.back()->Start(workers_);
    return *servers_.back();
}

Endpoint Simulation::Listen(const Listener& listener) { return Add({listener}).Listening(); }

Endpoint Simulation::Listen(std::shared_ptr<IOCP_Protocol> protocol, Transport transport) {
    return Listen(Listener(0, 0, std::move(protocol), transport));
}

SimulatedPeer Simulation::Connect(const Endpoint& server, Transport transport) {
    peers_.push_back(std::make_unique<detail::ScriptedPeer>(*network_, server, transport));
    return SimulatedPeer(*peers_.back());
}

SimulatedPeer Simulation::Connect(std::shared_ptr<IOCP_Protocol> protocol, Transport transport) {
    return Connect(Listen(std::move(protocol), transport), transport);
}

void Simulation::Spawn(Task<> task) {
    if (servers_.empty()) Add({});
    servers_.front()->Spawn(std::move(task));
}

void Simulation::RunFor(std::chrono::nanoseconds duration) {
    const auto until = network_->Now() + duration;
    while (network_->Step(until)) {
    }
}

bool Simulation::RunUntil(const std::function<bool()>& condition, std::chrono::nanoseconds at_most) {
    const auto until = network_->Now() + at_most;
    while (!condition())
        if (!network_->Step(until)) return condition();
    return true;
}

std::chrono::nanoseconds Simulation::Elapsed() const noexcept { return network_->Elapsed(); }

const std::vector<std::string>& Simulation::Errors() const noexcept { return errors_; }

std::uint64_t Simulation::TraceHash() const noexcept { return network_->History().Hash(); }

std::string Simulation::Report() const {
    return begins_ + ", after " + std::to_string(Elapsed().count()) + " ns\n" + network_->History().Report();
}

void SimulatedPeer::Write(std::string_view bytes) const { peer_->Write(bytes); }
std::string SimulatedPeer::Read() const { return peer_->Read(); }
std::optional<std::string> SimulatedPeer::ReadDatagram() const { return peer_->ReadDatagram(); }
void SimulatedPeer::StopReading() const { peer_->SetReading(false); }
void SimulatedPeer::GoOnReading() const { peer_->SetReading(true); }
void SimulatedPeer::ShutdownSend() const { peer_->ShutdownSend(); }
void SimulatedPeer::Close() const { peer_->Close(); }
void SimulatedPeer::Reset() const { peer_->Reset(); }
bool SimulatedPeer::IsConnected() const { return peer_->IsConnected(); }
bool SimulatedPeer::HasEnded() const { return peer_->HasEnded(); }
bool SimulatedPeer::WasReset() const { return peer_->WasReset(); }
Endpoint SimulatedPeer::Local() const { return peer_->Local(); }

}  // namespace iocp
