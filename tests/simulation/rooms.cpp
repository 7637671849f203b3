// SPDX-License-Identifier: MIT
#include "rooms.h"

#include <algorithm>
#include <vector>

using namespace std::chrono_literals;

bool Rooms::TakeLine(std::string& unread, std::string& line) const {
    const std::size_t end = unread.find('\n');
    if (end == std::string::npos) return false;
    line = unread.substr(0, end);
    unread.erase(0, end + 1);
    return true;
}

bool RoomsWithABug::TakeLine(std::string& unread, std::string& line) const {
    const std::size_t end = unread.find('\n');
    if (end == std::string::npos) return false;
    line = unread.substr(0, end);
    unread.clear();
    return true;
}

iocp::Task<> Rooms::ProcedureClient(Visitor& visitor) {
    std::string unread;
    std::string line;
    for (;;) {
        while (TakeLine(unread, line))
            if (!co_await Handle(visitor, line)) co_return;
        const auto more = co_await visitor.Recv().Within(1min);
        if (!more) co_return;
        unread += more.Text();
    }
}

iocp::Task<bool> Rooms::Handle(Visitor& visitor, std::string line) {
    if (line == "quit") {
        co_await visitor.Send("bye\n");
        co_return false;
    }
    if (line.starts_with("join ")) visitor.room = line.substr(5);
    const std::string answer = (line.starts_with("say ") ? visitor.room + ": " + line.substr(4) : line) + "\n";
    co_return static_cast<bool>(co_await visitor.Send(answer));
}

void Rooms::DeleteClient(Visitor& visitor) { visitor.room.clear(); }

namespace {

struct Guest {
    iocp::SimulatedPeer peer;
    std::string said;
    std::string expected;
    std::string heard;
};

// Sends line by line, the sooner the better.
void Talk(Guest& guest, std::size_t number) {
    const std::string room = "room" + std::to_string(number % 3);
    guest.peer.Write("join " + room + "\n");
    guest.expected = "join " + room + "\n";
    for (std::size_t i = 0; i < 10 + number; ++i) {
        const std::string words = "words " + std::to_string(i * number);
        guest.peer.Write("say " + words + "\n");
        guest.expected += room + ": " + words + "\n";
    }
    guest.peer.Write("quit\n");
    guest.expected += "bye\n";
}

}  // namespace

Evening VisitRooms(std::shared_ptr<Rooms> rooms, std::uint64_t seed) {
    iocp::Simulation sim(seed);
    sim.Conditions().latency = 5ms;
    sim.Conditions().jitter = 20ms;
    sim.Conditions().loss = 0.02;
    sim.Conditions().reset = seed % 2 == 0 ? 0.002 : 0;
    sim.Conditions().window = 64 + seed % 1000;
    const iocp::Endpoint server = sim.Listen(std::move(rooms));

    std::vector<Guest> guests;
    for (std::size_t i = 0; i < 10; ++i) {
        guests.push_back({sim.Connect(server), {}, {}, {}});
        Talk(guests.back(), i);
        sim.RunFor(10ms);
        if (i % 4 == 3) guests.back().peer.Reset();
    }
    sim.RunFor(2min);

    std::size_t complaints = sim.Errors().size();
    for (Guest& guest : guests) {
        guest.heard = guest.peer.Read();
        const bool whole = guest.peer.HasEnded() && guest.heard == guest.expected;
        const bool broken = guest.peer.WasReset() && guest.expected.starts_with(guest.heard);
        if (!whole && !broken) ++complaints;
    }
    return {sim.TraceHash(), complaints, sim.Report()};
}
