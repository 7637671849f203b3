// SPDX-License-Identifier: MIT
#include "chat_evening.h"

#include "chat_guest.h"

#include <algorithm>
#include <utility>

namespace {

const iocp::Endpoint kDoor = *iocp::Endpoint::Parse("10.100.0.1", 7);

std::vector<ChatGuest> Invite(Random& chance, std::size_t most) {
    std::vector<ChatGuest> guests;
    const std::size_t count = 2 + chance.Below(most - 1);
    for (std::size_t i = 0; i < count; ++i) guests.emplace_back(i, chance);
    return guests;
}

// Until everybody has done what it had in mind.
void LetThemTalk(std::vector<ChatGuest>& guests, iocp::Simulation& sim, Random& chance, Stage& stage) {
    std::vector<ChatGuest*> busy;
    for (ChatGuest& guest : guests) busy.push_back(&guest);
    while (!busy.empty()) {
        const auto next = busy.begin() + static_cast<std::ptrdiff_t>(chance.Below(busy.size()));
        (*next)->GoOn(sim, kDoor);
        if ((*next)->IsDone()) busy.erase(next);
        if (chance.Chance(0.5)) stage.LetTimePass();
    }
}

// The peers that are still there go home.
void SayGoodNight(std::vector<ChatGuest>& guests) {
    for (const ChatGuest& guest : guests) {
        if (guest.ending == Ending::Stays) guest.peer->ShutdownSend();
        if (guest.ending == Ending::Deaf) guest.peer->Reset();
    }
}

bool HasSeenTheEnd(const ChatGuest& guest) {
    const bool looks = IsPolite(guest.ending) || guest.ending == Ending::Shouts;
    return !looks || guest.peer->HasEnded() || guest.peer->WasReset();
}

}  // namespace

Evening ChatEvening(iocp::Simulation& sim, Random& chance, std::shared_ptr<IOCP_Protocol> chat,
                    std::size_t most_guests) {
    Stage stage(sim, chance);
    iocp::Listener door(kDoor.Port(), 1, std::move(chat));
    const bool tight = chance.Chance(0.3);
    if (tight) door.max_posted_bytes = std::size_t{32} << chance.Below(5);
    door.on_full = iocp::OnFull::Disconnect;
    IOCP_CORE& core = stage.Open(std::move(door), 1 + static_cast<unsigned>(chance.Below(3)));

    std::vector<ChatGuest> guests = Invite(chance, most_guests);
    for (const ChatGuest& guest : guests) stage.CountEach(guest.ending);
    LetThemTalk(guests, sim, chance, stage);
    const bool closes_early = chance.Chance(0.1);
    if (closes_early) core.Stop(std::chrono::milliseconds(chance.Below(1'000)));
    stage.Count("stopped", closes_early ? 1 : 0);
    SayGoodNight(guests);
    Evening evening = stage.End();

    const std::uint64_t cut_off = core.Counters().slow_clients_closed;
    evening.tally["cut_off"] += cut_off;
    evening.tally["accepts_retried"] += core.Counters().accept_retries;
    ChatModel model(guests);
    for (std::size_t i = 0; i < guests.size(); ++i) {
        guests[i].Listen();
        const bool whole = stage.IsGentle() && !closes_early && cut_off == 0 && IsPolite(guests[i].ending);
        std::string complaint = model.ComplaintOf(i, whole);
        if (complaint.empty() && !HasSeenTheEnd(guests[i])) complaint = guests[i].name + " sees no end";
        if (!complaint.empty()) evening.complaints.push_back(std::move(complaint));
        evening.tally["whole"] += whole ? 1 : 0;
    }
    if (!evening.complaints.empty()) evening.report = sim.Report();
    return evening;
}
