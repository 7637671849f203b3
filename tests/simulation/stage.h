// SPDX-License-Identifier: MIT
// What an evening in a simulation takes place on: a bad network, engines that misbehave, cores with books kept on them,
// and a list of what was found wrong.
#pragma once

#include "simulated/random.h"
#include "support/faults.h"
#include "support/ledger.h"

#include <iocp/iocp.h>
#include <iocp/simulation.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using iocp::detail::Random;

// How often each thing happened that a run is meant to meet.
using Tally = std::map<std::string_view, std::uint64_t>;

// What came of it.
struct Evening {
    std::uint64_t hash = 0;
    std::vector<std::string> complaints;
    std::string report;  // where there are complaints
    Tally tally;
};

class Stage {
public:
    Stage(iocp::Simulation& sim, Random& chance);
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    ~Stage();

    // Nothing breaks but what a peer breaks, and no more is lost than every deadline allows: everything must arrive.
    [[nodiscard]] bool IsGentle() const noexcept { return gentle_ && sim_.Counters().lost < kBearable; }

    // A core for one listener, whose protocol is watched: it deletes each client that it has accepted once.
    IOCP_CORE& Open(iocp::Listener listener, unsigned workers);

    // A moment passes; now and then nothing gets through for a while.
    void LetTimePass();

    // Nothing is held up or lost from now on.
    void CalmDown();

    void Complain(std::string what) { complaints_.push_back(std::move(what)); }
    void Demand(bool holds, std::string_view what) {
        if (!holds) Complain(std::string(what));
    }
    void Count(std::string_view what, std::uint64_t times = 1) { tally_[what] += times; }
    // Each that there is will be demanded of the run.
    template <class Choice>
    void CountEach(const Choice& chosen) {
        for (std::uint8_t i = 0; i < static_cast<std::uint8_t>(Choice::Count); ++i)
            Count(NameOf(static_cast<Choice>(i)), static_cast<Choice>(i) == chosen ? 1 : 0);
    }

    // Everybody has left or is about to: waits for it, stops the cores, and closes the books.
    Evening End();

private:
    class Core;
    class Watched;

    static constexpr std::uint64_t kBearable = 10;
    static constexpr int kMostPartitioned = 60;

    void SetConditions();
    [[nodiscard]] iocp_test::FaultyNetwork::Chances SeamFaults();
    [[nodiscard]] bool AllHaveLeft() const;
    void CloseBooks();

    iocp::Simulation& sim_;
    Random& chance_;
    const bool gentle_;
    int partitioned_ = 0;  // moments
    iocp_test::FaultyNetwork faults_;
    iocp_test::LedgerNetwork ledger_;
    std::vector<std::string> complaints_;
    std::vector<std::unique_ptr<Core>> cores_;
    Tally tally_;
};
