// SPDX-License-Identifier: MIT
// A guest of the chat, and what it and others must hear.
#pragma once

#include "simulated/random.h"

#include <iocp/simulation.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// Something that everybody in a room hears: somebody came, said something, or left.
struct ChatEvent {
    std::size_t guest;
    std::size_t number;  // of this guest's events, in order
    std::size_t room;
    std::string line;  // without its end
};

enum class Ending : std::uint8_t {
    HalfCloses,
    Stays,     // to the end of the evening
    Nameless,  // never says a name
    Deaf,      // stops reading
    Shouts,    // sends a line that is too long
    Closes,
    Resets,
    Count,
};

[[nodiscard]] std::string_view NameOf(Ending ending) noexcept;

// Whether nothing that concerns such a guest may be lost.
[[nodiscard]] constexpr bool IsPolite(Ending ending) noexcept { return ending <= Ending::Nameless; }

// What a guest will send, piece by piece, and the events that come of it.
struct ChatGuest {
    ChatGuest(std::size_t number, iocp::detail::Random& chance);

    // Does the next thing of its plan.
    void GoOn(iocp::Simulation& sim, const iocp::Endpoint& server);
    [[nodiscard]] bool IsDone() const noexcept { return next_ > writes.size() + 1; }

    // Hears what has arrived since.
    void Listen();

    std::string name;
    Ending ending;
    std::vector<std::string> writes;
    std::vector<ChatEvent> events;
    std::optional<iocp::SimulatedPeer> peer;
    std::string heard;

private:
    void Plan(std::size_t number, iocp::detail::Random& chance);
    void End();

    std::size_t next_ = 0;
};

// Compares what each guest heard with what was said. The first thing that is wrong, or nothing.
class ChatModel {
public:
    explicit ChatModel(const std::vector<ChatGuest>& guests);

    // `whole`: everything has to be there.
    [[nodiscard]] std::string ComplaintOf(std::size_t guest, bool whole);

private:
    struct Stay;

    [[nodiscard]] std::string Follow(Stay& stay, const ChatEvent& event);
    [[nodiscard]] std::string FollowOneself(Stay& stay, const ChatEvent& event);
    [[nodiscard]] bool MayBegin(std::string_view part) const;

    const std::vector<ChatGuest>& guests_;
    std::unordered_map<std::string_view, const ChatEvent*> events_;
    // A room has one order for all: who heard both of two neighbours heard them as neighbours.
    std::unordered_map<const ChatEvent*, const ChatEvent*> behind_;
    std::unordered_map<const ChatEvent*, const ChatEvent*> before_;
};
