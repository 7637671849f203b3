// SPDX-License-Identifier: MIT
#include "chat_guest.h"

#include <algorithm>
#include <array>
#include <utility>

using iocp::detail::Random;

namespace {

constexpr std::array<std::string_view, 4> kRooms{"lobby", "attic", "cellar", "garden"};
constexpr std::string_view kGreeting = "Your name?\n";

// It comes early where the guest is broken off.
bool IsLeave(const ChatGuest& guest, const ChatEvent& event) {
    return event.number + 1 == guest.events.size() || guest.events[event.number + 1].room != event.room;
}

}  // namespace

std::string_view NameOf(Ending ending) noexcept {
    switch (ending) {
        case Ending::HalfCloses: return "half_closes";
        case Ending::Stays: return "stays";
        case Ending::Nameless: return "nameless";
        case Ending::Deaf: return "deaf";
        case Ending::Shouts: return "shouts";
        case Ending::Closes: return "closes";
        case Ending::Resets: return "resets_itself";
        case Ending::Count: break;
    }
    return "unknown";
}

ChatGuest::ChatGuest(std::size_t number, Random& chance)
    : name("guest" + std::to_string(number)), ending(Ending::HalfCloses) {
    if (chance.Chance(0.5)) ending = static_cast<Ending>(chance.Below(static_cast<std::uint64_t>(Ending::Count)));
    if (ending != Ending::Nameless) Plan(number, chance);
}

// Each room once, so that each event happens once.
void ChatGuest::Plan(std::size_t number, Random& chance) {
    const auto tell = [&](std::size_t room, std::string line) {
        events.push_back({number, events.size(), room, std::move(line)});
    };
    const auto end_of_line = [&] { return chance.Chance(0.2) ? "\r\n" : "\n"; };
    writes.push_back(name + end_of_line());
    std::size_t room = 0;
    const std::size_t visits = 1 + chance.Below(3);
    for (std::size_t visit = 0; visit < visits && room < kRooms.size(); ++visit) {
        if (visit > 0) writes.push_back("/join " + std::string(kRooms[room]) + end_of_line());
        tell(room, "* " + name + " is in " + std::string(kRooms[room]));
        for (std::size_t lines = chance.Below(8); lines > 0; --lines) {
            const std::string words = std::to_string(events.size()) + std::string(chance.Below(60), 'w');
            tell(room, name + ": " + words);
            writes.push_back(words + end_of_line());
        }
        tell(room, "* " + name + " has left " + std::string(kRooms[room]));
        room += 1 + chance.Below(2);
    }
    if (ending == Ending::Shouts) writes.push_back(std::string(1'500, '!') + "\n");
}

void ChatGuest::GoOn(iocp::Simulation& sim, const iocp::Endpoint& server) {
    const std::size_t step = next_++;
    if (step == 0) {
        peer = sim.Connect(server);
    } else if (step <= writes.size()) {
        if (ending == Ending::Deaf) peer->StopReading();
        peer->Write(writes[step - 1]);
    } else {
        End();
    }
}

void ChatGuest::End() {
    switch (ending) {
        case Ending::HalfCloses:
        case Ending::Shouts: return peer->ShutdownSend();
        case Ending::Closes: return peer->Close();
        case Ending::Resets: return peer->Reset();
        case Ending::Stays:
        case Ending::Nameless:
        case Ending::Deaf:
        case Ending::Count: return;
    }
}

void ChatGuest::Listen() {
    if (peer) heard += peer->Read();
}

// Where a guest is, as far as one has followed what it heard.
struct ChatModel::Stay {
    const ChatGuest& guest;
    std::size_t guest_number;
    std::size_t own = 0;  // how many of its own events it has heard
    std::optional<std::size_t> room{};
    const ChatEvent* last = nullptr;
    std::vector<const ChatEvent*> last_of;  // each guest, in this room
};

ChatModel::ChatModel(const std::vector<ChatGuest>& guests) : guests_(guests) {
    for (const ChatGuest& guest : guests)
        for (const ChatEvent& event : guest.events) events_.emplace(event.line, &event);
}

std::string ChatModel::ComplaintOf(std::size_t number, bool whole) {
    const ChatGuest& guest = guests_[number];
    Stay stay{guest, number, 0, {}, nullptr, std::vector<const ChatEvent*>(guests_.size())};
    std::string_view rest = guest.heard;
    if (!rest.starts_with(kGreeting)) return whole || !kGreeting.starts_with(rest) ? guest.name + " is not asked" : "";
    rest.remove_prefix(kGreeting.size());
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
        const auto found = events_.find(rest.substr(0, end));
        if (found == events_.end()) return guest.name + " hears what nobody said: " + std::string(rest.substr(0, end));
        std::string complaint = Follow(stay, *found->second);
        if (!complaint.empty()) return guest.name + " hears \"" + found->second->line + "\": " + complaint;
        rest.remove_prefix(end + 1);
    }
    if (!MayBegin(rest)) return guest.name + " hears the beginning of nothing: " + std::string(rest);
    if (!whole) return "";
    if (!rest.empty()) return guest.name + " does not hear the end of a line";
    const auto own = std::count_if(guest.events.begin(), guest.events.end(),
                                   [&](const ChatEvent& event) { return !IsLeave(guest, event); });
    if (stay.own != static_cast<std::size_t>(own)) return guest.name + " does not hear all that it said itself";
    return guest.peer->HasEnded() && !guest.peer->WasReset() ? "" : guest.name + " sees no orderly end";
}

std::string ChatModel::Follow(Stay& stay, const ChatEvent& event) {
    if (event.guest == stay.guest_number)
        if (std::string complaint = FollowOneself(stay, event); !complaint.empty()) return complaint;
    if (stay.room != event.room) return "it is not in that room";

    const ChatEvent*& before = stay.last_of[event.guest];
    const bool next = before == nullptr || before->number + 1 == event.number;
    if (!next && !(IsLeave(guests_[event.guest], event) && before->number < event.number))
        return "it is not the speaker's next";
    before = &event;
    if (stay.last != nullptr) {
        if (behind_.emplace(stay.last, &event).first->second != &event) return "others heard something before it";
        if (before_.emplace(&event, stay.last).first->second != stay.last)
            return "others heard something else before it";
    }
    stay.last = &event;
    return "";
}

std::string ChatModel::FollowOneself(Stay& stay, const ChatEvent& event) {
    const auto& events = stay.guest.events;
    const bool comes = event.number == 0 || events[event.number - 1].room != event.room;
    if (IsLeave(stay.guest, event)) return "it hears itself leave";
    ++stay.own;
    if (!comes) return "";
    if (event.number > 0 && stay.last_of[event.guest] != &events[event.number - 2]) return "it came too early";
    stay.room = event.room;
    stay.last = nullptr;
    std::fill(stay.last_of.begin(), stay.last_of.end(), nullptr);
    return "";
}

bool ChatModel::MayBegin(std::string_view part) const {
    return part.empty() || std::any_of(events_.begin(), events_.end(),
                                       [part](const auto& each) { return each.first.starts_with(part); });
}
