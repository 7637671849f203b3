// SPDX-License-Identifier: MIT
#include "stage.h"

#include <utility>

using namespace std::chrono_literals;
using iocp_test::FaultyNetwork;

// Hands everything on to another protocol, and watches that no client is forgotten or deleted twice.
class Stage::Watched final : public IOCP_Protocol {
public:
    Watched(std::shared_ptr<IOCP_Protocol> inner, Stage& stage) : inner_(std::move(inner)), stage_(stage) {}

    [[nodiscard]] std::uint64_t Accepted() const noexcept { return accepted_; }
    [[nodiscard]] std::size_t Present() const noexcept { return present_.size(); }

private:
    std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival& arrival) override {
        auto client = inner_->AcceptClient(arrival);
        present_.insert(client->Id());
        ++accepted_;
        return client;
    }
    iocp::Task<> ProcedureClient(IOCP_Client& client) override { return inner_->ProcedureClient(client); }
    void DeleteClient(IOCP_Client& client) override {
        inner_->DeleteClient(client);
        stage_.Demand(present_.erase(client.Id()) == 1, "a client is deleted that is not there");
    }

    const std::shared_ptr<IOCP_Protocol> inner_;
    Stage& stage_;
    std::set<std::uint64_t> present_;
    std::uint64_t accepted_ = 0;
};

class Stage::Core final : public IOCP_CORE {
public:
    Core(iocp::Listener listener, std::shared_ptr<Watched> watched, const iocp::Options& options, Stage& stage)
        : IOCP_CORE({std::move(listener)}, options), watched_(std::move(watched)), stage_(stage) {}
    ~Core() override { Stop(0ms); }

    [[nodiscard]] const Watched& Doorman() const noexcept { return *watched_; }

private:
    void OnStart() override {}
    void OnError(const iocp::HandlerError& error) noexcept override { stage_.Complain(error.Message()); }

    const std::shared_ptr<Watched> watched_;
    Stage& stage_;
};

Stage::Stage(iocp::Simulation& sim, Random& chance)
    : sim_(sim),
      chance_(chance),
      gentle_(chance.Chance(0.5)),
      faults_(chance.Next(), SeamFaults(), *sim.Network()),
      ledger_(faults_) {
    SetConditions();
    Count(gentle_ ? "gentle" : "rough");
}

Stage::~Stage() = default;

FaultyNetwork::Chances Stage::SeamFaults() {
    const double breaks = gentle_ ? 0 : 0.004;
    return {0.05, breaks, breaks, 0.2, 0.2, 0.2, 0.2, 0.01};
}

void Stage::SetConditions() {
    iocp::Conditions& conditions = sim_.Conditions();
    conditions.latency = 100us * (1 << chance_.Below(8));
    conditions.jitter = conditions.latency * static_cast<int>(chance_.Below(3));
    conditions.bandwidth = chance_.Chance(0.3) ? std::uint64_t{20'000} << chance_.Below(5) : 0;
    conditions.window = std::size_t{128} << chance_.Below(8);
    conditions.loss = chance_.Chance(gentle_ ? 0.2 : 0.5) ? 0.03 : 0;
    conditions.reset = !gentle_ && chance_.Chance(0.5) ? 0.01 : 0;
}

IOCP_CORE& Stage::Open(iocp::Listener listener, unsigned workers) {
    auto watched = std::make_shared<Watched>(std::move(listener.protocol), *this);
    listener.protocol = watched;
    iocp::Options options;
    options.network = &ledger_;
    options.linger = 1min;  // nothing is lost to impatience
    cores_.push_back(std::make_unique<Core>(std::move(listener), std::move(watched), options, *this));
    cores_.back()->Start(workers);
    return *cores_.back();
}

void Stage::LetTimePass() {
    bool& partition = sim_.Conditions().partition;
    if (chance_.Chance(partition ? 0.3 : 0.02)) partition = !partition;
    if (partition && ++partitioned_ > kMostPartitioned) partition = false;
    sim_.RunFor(std::chrono::microseconds(chance_.Below(30'000)));
}

bool Stage::AllHaveLeft() const {
    for (const auto& core : cores_)
        if (core->ClientCount() > 0) return false;
    return true;
}

void Stage::CalmDown() {
    sim_.Conditions().partition = false;
    sim_.Conditions().loss = 0;
}

Evening Stage::End() {
    CalmDown();
    sim_.RunFor(10s);  // who could not come in before does now
    Demand(sim_.RunUntil([this] { return AllHaveLeft(); }, 10min), "a client stays for ever");
    for (const auto& core : cores_) core->Stop(0ms);
    sim_.RunFor(1min);  // what is under way to peers arrives
    CloseBooks();

    const iocp::SimulationCounters& happened = sim_.Counters();
    Count("pieces", happened.pieces);
    Count("window_full", happened.window_full);
    Count("lost", happened.lost);
    Count("resets", happened.resets);
    Count("held_up", happened.held_up);
    for (std::size_t i = 0; i < iocp_test::kFaults; ++i)
        Count(NameOf(static_cast<iocp_test::Fault>(i)), faults_.Fired().at(i));
    Evening evening{sim_.TraceHash(), std::move(complaints_), {}, std::move(tally_)};
    if (!evening.complaints.empty()) evening.report = sim_.Report();
    return evening;
}

void Stage::CloseBooks() {
    for (const auto& core : cores_) {
        Demand(core->ClientCount() == 0, "a client is left after the stop");
        Demand(core->OperationsInUse() == 0, "an operation is in use after the stop");
        Demand(core->Doorman().Present() == 0, "a client was not deleted");
        Demand(core->Doorman().Accepted() == core->Counters().clients_accepted,
               "a client was accepted and not counted");
        Demand(core->Counters().handlers_unwound == 0, "a handler did not end");
    }
    const iocp_test::Entries sum = ledger_.Sum();
    Demand(sum.issued > 0 && sum.issued == sum.Finished(), "the ledger: " + ledger_.Json());
}
