// SPDX-License-Identifier: MIT
#pragma once

#include <iocp/endpoint.h>
#include <iocp/timer.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>

namespace iocp::detail {

class SimulatedNetwork;

// Whoever uses one end of a stream.
class StreamUser {
public:
    // Bytes, the end or a reset have arrived, or there is room to write again.
    virtual void OnStreamChanged() = 0;

protected:
    ~StreamUser() = default;
};

enum class Side : std::uint8_t { Client, Server };

[[nodiscard]] constexpr Side Other(Side side) noexcept { return side == Side::Client ? Side::Server : Side::Client; }

// A TCP connection in memory, with the delays and faults of its network.
class Stream final : public std::enable_shared_from_this<Stream> {
public:
    Stream(SimulatedNetwork& network, std::uint64_t id, const Endpoint& client, const Endpoint& server) noexcept;

    [[nodiscard]] std::uint64_t Id() const noexcept { return id_; }
    [[nodiscard]] const Endpoint& Address(Side side) const noexcept { return At(side).address; }

    // Null where nobody uses that end.
    void Use(Side side, StreamUser* user) noexcept { At(side).user = user; }

    // Takes as many bytes as there is room for, and yields how many.
    std::size_t Write(Side side, std::span<const std::byte> bytes);

    // Bytes that can be read now; and reading them, as many as `memory` has room for.
    [[nodiscard]] std::size_t Readable(Side side) const noexcept { return At(side).arrived.size() - At(side).read; }
    std::size_t Read(Side side, std::span<std::byte> memory);

    // The other side has ended in order, and everything before that has been read.
    [[nodiscard]] bool HasEnded(Side side) const noexcept { return At(side).end_arrived && Readable(side) == 0; }
    [[nodiscard]] bool IsBroken(Side side) const noexcept { return At(side).broken; }

    void ShutdownSend(Side side);

    // Nobody uses this end any more. Bytes that were not read make a reset of it, as with real sockets.
    void Close(Side side);

    // Breaks the connection; the other end learns of it a little later.
    void Reset(Side side);

    // Nothing of what is sent to `side` arrives before `time`.
    void NotBefore(Side side, Clock::time_point time) noexcept { At(side).last_arrival = time; }

private:
    struct Piece {
        Clock::time_point arrives;
        std::string bytes;  // empty: the end
    };
    // One end, and what is under way to it.
    struct End {
        Endpoint address;
        StreamUser* user = nullptr;
        std::deque<Piece> under_way;
        std::size_t bytes_under_way = 0;
        Clock::time_point last_arrival{};
        std::string arrived;
        std::size_t read = 0;
        bool end_sent = false;  // to this end
        bool end_arrived = false;
        bool broken = false;
        bool closed = false;
    };

    [[nodiscard]] End& At(Side side) noexcept { return ends_.at(static_cast<std::size_t>(side)); }
    [[nodiscard]] const End& At(Side side) const noexcept { return ends_.at(static_cast<std::size_t>(side)); }

    void SendPiece(Side to, std::string bytes);
    void AwaitFirst(Side to);
    void Arrive(Side to);
    void Break(Side side);
    void Tell(Side side);

    SimulatedNetwork& network_;
    const std::uint64_t id_;
    std::array<End, 2> ends_;
};

}  // namespace iocp::detail
