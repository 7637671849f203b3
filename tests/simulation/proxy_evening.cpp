// SPDX-License-Identifier: MIT
#include "proxy_evening.h"

#include "proxy_visit.h"

#include <algorithm>
#include <utility>

using namespace std::chrono_literals;

namespace {

const iocp::Endpoint kProxy = *iocp::Endpoint::Parse("10.100.0.1", 7);
const iocp::Endpoint kBehind = *iocp::Endpoint::Parse("10.200.0.1", 80);
const iocp::Endpoint kNobody = *iocp::Endpoint::Parse("10.200.0.2", 80);

// Where the proxy connects to, and whom it trusts.
struct Setting {
    ProxySettings settings;
    bool reachable = true;

    Setting(Random& chance, iocp::Simulation& sim, Stage& stage) {
        settings.send_version = static_cast<unsigned>(chance.Below(3));
        Trust(chance.Below(3));
        sim.AddHost("behind.example", {kBehind});
        sim.AddHost("behind.or.nobody.example", {kNobody, kBehind});
        const std::uint64_t where = chance.Below(12);
        settings.to = {"10.200.0.1", 80};
        if (where < 3) settings.to.host = "behind.example";
        if (where >= 3 && where < 6) settings.to.host = "behind.or.nobody.example";
        if (where == 6) settings.to = {"10.200.0.2", 80};
        if (where == 7) settings.to.host = "unknown.example";
        reachable = where != 6 && where != 7;
        stage.Count("refused", where == 6 ? 1 : 0);
        stage.Count("unknown_host", where == 7 ? 1 : 0);
        stage.Count("by_name", where < 6 ? 1 : 0);
    }

    [[nodiscard]] bool Trusts(const iocp::Endpoint& peer) const {
        return trusted_below_ > 0 && peer.AddressBytes()[3] < trusted_below_;
    }

private:
    // Nobody, some, or all: peers are called 10.0.0.1 and so on.
    void Trust(std::uint64_t whom) {
        if (whom == 0) return;
        trusted_below_ = whom == 1 ? 4 : 256;
        static_cast<void>(settings.trusted.Add(whom == 1 ? "10.0.0.0/30" : "10.0.0.0/8"));
    }

    unsigned trusted_below_ = 0;
};

std::vector<ProxyVisit> Invite(Random& chance, std::size_t most) {
    std::vector<ProxyVisit> visits;
    const std::size_t count = 1 + chance.Below(most);
    for (std::size_t i = 0; i < count; ++i) visits.emplace_back(i, chance);
    return visits;
}

void LetThemAsk(std::vector<ProxyVisit>& visits, const Setting& setting, iocp::Simulation& sim, Random& chance,
                Stage& stage) {
    const auto trusts = [&setting](const iocp::Endpoint& peer) { return setting.Trusts(peer); };
    std::vector<ProxyVisit*> busy;
    for (ProxyVisit& visit : visits) busy.push_back(&visit);
    while (!busy.empty()) {
        const auto next = busy.begin() + static_cast<std::ptrdiff_t>(chance.Below(busy.size()));
        (*next)->GoOn(sim, kProxy, trusts);
        if ((*next)->IsDone()) busy.erase(next);
        if (chance.Chance(0.7)) stage.LetTimePass();
    }
}

std::string Describe(const ProxyVisit& visit) {
    std::string text = "visit " + visit.asks.substr(0, visit.asks.find(';')) + " (";
    text.append(NameOf(visit.manner)).append(", ").append(NameOf(visit.mood));
    if (visit.introduced) text.append(", ").append(NameOf(visit.introduction));
    return text + ")";
}

// Those who end last have to be shown that the other side has.
void Leave(std::vector<ProxyVisit>& visits, iocp::Simulation& sim, Stage& stage) {
    stage.CalmDown();
    const auto may_go = [](const ProxyVisit& visit) {
        return visit.manner != Manner::EndsLast || visit.HasSeenTheEnd();
    };
    const bool all = sim.RunUntil([&] { return std::all_of(visits.begin(), visits.end(), may_go); }, 5min);
    for (const ProxyVisit& visit : visits) {
        if (!all) stage.Demand(may_go(visit), Describe(visit) + ": the end of the other side is not passed on");
        if (visit.manner == Manner::EndsLast) visit.peer->ShutdownSend();
        if (visit.manner == Manner::Silent) visit.peer->Close();
    }
}

// What is wrong with a visit that is over, or nothing.
std::string ComplaintOf(const ProxyVisit& visit, unsigned header_version, bool whole) {
    if (!visit.answer.starts_with(visit.heard)) return "the visitor hears what was not answered";
    if (visit.connections > 1) return "one visitor comes to the server behind as several";
    if (visit.connections == 1) {
        if (visit.header_behind != visit.HeaderBehind(header_version, kProxy)) return "the header is wrong";
        if (!visit.asks.starts_with(visit.asked_behind)) return "the server behind hears what was not asked";
    }
    const bool looks = visit.manner <= Manner::Pauses;
    if (looks && !visit.HasSeenTheEnd()) return "the visitor sees no end";
    if (!whole) return "";
    if (visit.connections == 0) return "the visitor does not come to the server behind";
    if (visit.asked_behind != visit.asks) return "the server behind does not hear all";
    if (visit.end_behind != iocp::Outcome::Closed) return "the server behind sees no orderly end";
    if (visit.heard != visit.answer) return "the visitor does not hear all";
    return visit.peer->HasEnded() && !visit.peer->WasReset() ? "" : "the visitor sees no orderly end";
}

}  // namespace

Evening ProxyEvening(iocp::Simulation& sim, Random& chance, const MakeProxy& make, std::size_t most_visitors) {
    Stage stage(sim, chance);
    Setting setting(chance, sim, stage);
    std::vector<ProxyVisit> visits = Invite(chance, most_visitors);
    const unsigned header_version = setting.settings.send_version;
    IOCP_CORE& behind = stage.Open(
        {kBehind.Port(), 1, std::make_shared<ServerBehind>(visits, header_version), iocp::Transport::Tcp, "10.200.0.1"},
        1 + static_cast<unsigned>(chance.Below(2)));
    stage.Open({kProxy.Port(), 1, make(setting.settings)}, 1 + static_cast<unsigned>(chance.Below(3)));
    const bool goes_away = chance.Chance(0.05);
    if (goes_away) behind.Stop();
    LetThemAsk(visits, setting, sim, chance, stage);
    Leave(visits, sim, stage);
    for (const ProxyVisit& visit : visits) {
        stage.CountEach(visit.manner);
        stage.CountEach(visit.mood);
        stage.CountEach(visit.introduced ? visit.introduction : Introduction::Count);
    }
    stage.Count("server_away", goes_away ? 1 : 0);
    Evening evening = stage.End();

    for (ProxyVisit& visit : visits) {
        visit.heard += visit.peer->Read();
        const bool whole = stage.IsGentle() && setting.reachable && !goes_away && visit.IsPolite();
        const std::string complaint = ComplaintOf(visit, header_version, whole);
        if (!complaint.empty()) evening.complaints.push_back(Describe(visit) + ": " + complaint);
        evening.tally["whole"] += whole ? 1 : 0;
    }
    if (!evening.complaints.empty()) evening.report = sim.Report();
    return evening;
}
