// SPDX-License-Identifier: MIT
#include "stream.h"

#include "simulated_network.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace iocp::detail {

namespace {

// After this long TCP sends again what was lost (RFC 6298 asks for at least a second; systems take less).
constexpr std::chrono::milliseconds kResend{200};

constexpr int kMostResent = 15;  // and then it arrives: a stream is never lost

}  // namespace

Stream::Stream(SimulatedNetwork& network, std::uint64_t id, const Endpoint& client, const Endpoint& server) noexcept
    : network_(network), id_(id) {
    At(Side::Client).address = client;
    At(Side::Server).address = server;
}

std::size_t Stream::Write(Side side, std::span<const std::byte> bytes) {
    const Side to = Other(side);
    const std::size_t used = At(to).bytes_under_way + Readable(to);
    const std::size_t window = network_.conditions.window;
    const std::size_t taken = std::min(bytes.size(), window - std::min(window, used));
    // A little room is not used, so that it can become more (RFC 9293, 3.8.6.2).
    if (taken < std::min(bytes.size(), window / 4)) {
        ++network_.counters.window_full;
        return 0;
    }
    for (std::size_t sent = 0; sent < taken;) {
        const std::size_t size = network_.PieceOf(taken - sent);
        SendPiece(to, std::string(reinterpret_cast<const char*>(bytes.data()) + sent, size));
        sent += size;
    }
    return taken;
}

std::size_t Stream::Read(Side side, std::span<std::byte> memory) {
    End& end = At(side);
    const std::size_t size = std::min(Readable(side), memory.size());
    if (size == 0) return 0;
    std::memcpy(memory.data(), end.arrived.data() + end.read, size);
    end.read += size;
    if (end.read == end.arrived.size()) {
        end.arrived.clear();
        end.read = 0;
    }
    Tell(Other(side));  // there is room
    return size;
}

void Stream::ShutdownSend(Side side) {
    const Side to = Other(side);
    if (std::exchange(At(to).end_sent, true) || At(side).broken) return;
    SendPiece(to, {});
}

void Stream::Close(Side side) {
    End& end = At(side);
    end.user = nullptr;
    if (std::exchange(end.closed, true) || end.broken) return;
    if (Readable(side) > 0) return Reset(side);
    ShutdownSend(side);
}

void Stream::Reset(Side side) {
    if (std::exchange(At(side).broken, true)) return;
    network_.Note(id_, side == Side::Client ? "client resets" : "server resets");
    At(side).under_way.clear();
    const auto arrives = network_.Now() + network_.Delay();
    network_.After(arrives, [self = shared_from_this(), side] { self->Break(Other(side)); });
}

void Stream::SendPiece(Side to, std::string bytes) {
    End& end = At(to);
    auto delay = network_.Delay();
    for (int i = 0; i < kMostResent && network_.Roll(network_.conditions.loss, network_.counters.lost); ++i)
        delay += kResend;
    end.last_arrival = std::max(end.last_arrival, network_.Now() + delay) + network_.Transfer(bytes.size());
    end.bytes_under_way += bytes.size();
    end.under_way.push_back({end.last_arrival, std::move(bytes)});
    if (end.under_way.size() == 1) AwaitFirst(to);
}

void Stream::AwaitFirst(Side to) {
    const auto time = std::max(At(to).under_way.front().arrives, network_.Now());
    network_.After(time, [self = shared_from_this(), to] { self->Arrive(to); });
}

void Stream::Arrive(Side to) {
    End& end = At(to);
    if (end.broken || end.under_way.empty()) return;
    if (network_.IsPartitioned()) {
        end.under_way.front().arrives = network_.Now() + kResend;
        return AwaitFirst(to);
    }
    const Piece piece = std::move(end.under_way.front());
    end.under_way.pop_front();
    if (!end.under_way.empty()) AwaitFirst(to);
    end.bytes_under_way -= piece.bytes.size();
    if (network_.Roll(network_.conditions.reset, network_.counters.resets)) {
        network_.Note(id_, "the network breaks it");
        Break(to);
        return Break(Other(to));
    }
    if (piece.bytes.empty()) {
        end.end_arrived = true;
    } else if (end.closed) {
        return Reset(to);  // nobody is there who could read it
    } else {
        end.arrived += piece.bytes;
    }
    network_.Note(id_, to == Side::Server ? "arrives at server" : "arrives at client", piece.bytes.size());
    Tell(to);
}

void Stream::Break(Side side) {
    End& end = At(side);
    if (std::exchange(end.broken, true)) return;
    end.under_way.clear();
    end.arrived.clear();
    end.read = 0;
    Tell(side);
}

void Stream::Tell(Side side) {
    if (At(side).user != nullptr) At(side).user->OnStreamChanged();
}

}  // namespace iocp::detail
