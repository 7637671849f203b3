// SPDX-License-Identifier: MIT
#pragma once

#include "storm.h"

#include <memory>
#include <span>

namespace storm {

// How the handler on the server's side behaves; the client asks for it by its first byte.
enum class Mood : std::uint8_t {
    Echo,
    OwnMemory,  // receives into memory of its own, and gives up and asks again, all the time
    Impatient,  // gives up and asks again, all the time
    Quits,      // returns in the middle
    ClosesItself,
    Floods,    // sends what nobody asked for until that fails
    Stubborn,  // goes on asking when it is stopped
    Deaf,      // waits for what never comes
};

constexpr std::size_t kUsualMoods = static_cast<std::size_t>(Mood::Stubborn);

inline bool Answers(Mood mood) { return mood < Mood::Stubborn; }

// Counts what must be even.
struct Census {
    std::atomic<std::uint64_t> made = 0;
    std::atomic<std::uint64_t> deleted = 0;
    std::atomic<std::uint64_t> stuck = 0;  // handlers that were destroyed where they waited
};

struct Guest final : IOCP_Client {
    Random random{Id()};
};

// Echoes the first message, and then does as its mood is.
class MoodyHost final : public iocp::ProtocolFor<Guest> {
public:
    MoodyHost(Ledger& ledger, Census& census, Races& races) : ledger_(ledger), census_(census), races_(races) {}

    std::shared_ptr<IOCP_Client> AcceptClient(const iocp::Arrival& arrival) override;
    iocp::Task<> ProcedureClient(Guest& guest) override;
    void DeleteClient(Guest& guest) override;

private:
    iocp::Task<bool> Echo(Guest& guest, std::span<const std::byte> bytes);
    iocp::Task<> EchoAll(Guest& guest, Mood mood);
    iocp::Task<> EchoFromOwnMemory(Guest& guest);
    iocp::Task<> Flood(Guest& guest);
    iocp::Task<> AskForEver(Guest& guest);
    iocp::Task<> WaitForEver();

    Ledger& ledger_;
    Census& census_;
    Races& races_;
};

}  // namespace storm
