// SPDX-License-Identifier: MIT
// A small protocol of lines, and an evening of visitors who use it over a bad network.
#pragma once

#include <iocp/iocp.h>
#include <iocp/simulation.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

// A client may join a room ("join NAME"), say something ("say WORDS"), which comes back with the name of its room
// before it, and leave ("quit").
struct Visitor final : IOCP_Client {
    std::string room;
};

class Rooms : public iocp::ProtocolFor<Visitor> {
public:
    iocp::Task<> ProcedureClient(Visitor& visitor) override;
    void DeleteClient(Visitor& visitor) override;

protected:
    // What is left of `unread` after its first line, which comes to `line`. False: it has no whole line yet.
    [[nodiscard]] virtual bool TakeLine(std::string& unread, std::string& line) const;

private:
    iocp::Task<bool> Handle(Visitor& visitor, std::string line);
};

// Forgets what came behind the first line of a receive: right as long as lines come one by one.
class RoomsWithABug final : public Rooms {
    bool TakeLine(std::string& unread, std::string& line) const override;
};

// What came of a simulated evening: how many visitors did not get what they had to get.
struct Evening {
    std::uint64_t hash;
    std::size_t complaints;
    std::string report;
};

[[nodiscard]] Evening VisitRooms(std::shared_ptr<Rooms> rooms, std::uint64_t seed);

template <class Protocol>
Evening Visit(std::uint64_t seed) {
    return VisitRooms(std::make_shared<Protocol>(), seed);
}
