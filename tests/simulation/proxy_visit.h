// SPDX-License-Identifier: MIT
// A visitor of the proxy, and the server behind it, who know what the other is going to say.
#pragma once

#include "samples/common/proxy_header.h"
#include "simulated/random.h"

#include <iocp/iocp.h>
#include <iocp/simulation.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How a visitor ends.
enum class Manner : std::uint8_t {
    EndsFirst,  // says all, ends its side, and goes on reading
    EndsLast,   // ends its side when it has seen the end of the other
    Pauses,     // as EndsFirst, but does not read for a while
    Closes,
    Resets,
    Silent,  // says nothing, to the end of the evening
    Count,
};

// How the server behind the proxy treats it.
enum class Mood : std::uint8_t {
    AnswersAtOnce,  // and ends its side with its answer
    AnswersLast,    // when the visitor has ended
    Slow,           // reads with pauses
    Breaks,         // goes away in the middle
    Count,
};

// What a visitor who may tell whose connection it is says of that; the server behind hears of it.
enum class Introduction : std::uint8_t { Line, Binary, UnknownLine, LocalBinary, Wrong, Count };

[[nodiscard]] std::string_view NameOf(Manner manner) noexcept;
[[nodiscard]] std::string_view NameOf(Mood mood) noexcept;
[[nodiscard]] std::string_view NameOf(Introduction introduction) noexcept;

// A PROXY header as the specification has it, for version 1 or 2; empty for 0.
[[nodiscard]] std::string HeaderText(unsigned version, const Route& route);

struct ProxyVisit {
    ProxyVisit(std::size_t number, iocp::detail::Random& chance);

    // Does the next thing of its plan; `trusts`: the proxy expects an introduction of this visitor.
    template <class Trusts>
    void GoOn(iocp::Simulation& sim, const iocp::Endpoint& proxy, const Trusts& trusts) {
        if (next_ == 0) {
            peer = sim.Connect(proxy);
            if (trusts(peer->Local())) Introduce();
        }
        Speak();
    }
    [[nodiscard]] bool IsDone() const noexcept { return done_; }

    // The connection is over, as far as the visitor can see.
    [[nodiscard]] bool HasSeenTheEnd() const { return peer->HasEnded() || peer->WasReset(); }

    // Nothing of it may be lost where nothing breaks.
    [[nodiscard]] bool IsPolite() const noexcept {
        return manner <= Manner::Pauses && mood <= Mood::Slow && !(introduced && introduction == Introduction::Wrong);
    }

    // The header that the server must see.
    [[nodiscard]] std::string HeaderBehind(unsigned version, const iocp::Endpoint& proxy) const;

    Manner manner;
    Mood mood;
    Introduction introduction;
    bool introduced = false;
    Route route;       // as introduced
    std::string asks;  // with its number in front
    std::string answer;
    std::optional<iocp::SimulatedPeer> peer;
    std::string heard;  // by the visitor

    // Of the server behind.
    int connections = 0;
    std::string header_behind;
    std::string asked_behind;
    iocp::Outcome end_behind = iocp::Outcome::Ok;

private:
    void Introduce();
    void Speak();
    void End();

    std::size_t next_ = 0;
    std::size_t said_ = 0;
    std::size_t piece_;
    bool done_ = false;
};

// The server behind: looks up whose visit it is.
class ServerBehind final : public IOCP_Protocol {
public:
    ServerBehind(std::vector<ProxyVisit>& visits, unsigned header_version) noexcept
        : visits_(visits), header_version_(header_version) {}

private:
    iocp::Task<> ProcedureClient(IOCP_Client& client) override;
    iocp::Task<bool> ReadHeader(IOCP_Client& client, std::string& header);
    iocp::Task<> Hear(IOCP_Client& client, ProxyVisit& visit, iocp::Event& heard_all);
    iocp::Task<> Answer(IOCP_Client& client, const ProxyVisit& visit, iocp::Event& heard_all);

    std::vector<ProxyVisit>& visits_;
    const unsigned header_version_;
};
