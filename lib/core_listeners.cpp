// SPDX-License-Identifier: MIT
// What a core listens on: opening and closing it, and handing it to workers.
#include "core_state.h"
#include "datagram_listener.h"
#include "door_guard.h"
#include "misuse.h"
#include "stream_listener.h"
#include "worker.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace iocp::detail {

namespace {

[[noreturn]] void Fail(const Listener& listener, const Endpoint& endpoint, int native_code) {
    std::string what = "cannot listen on " + std::string(ToString(listener.transport)) + " " + endpoint.ToString() +
                       ": " + DescribeNativeCode(native_code);
    const std::string remedy = RemedyFor(native_code, endpoint);
    if (!remedy.empty()) what += "; " + remedy;
    throw StartError(what, native_code);
}

Endpoint AnyAddress(Endpoint::Family family, std::uint16_t port) { return {family, {}, port}; }

}  // namespace

void CoreState::OpenListeners() {
    // A port that the system chose for one transport may be another program's on the other: then it chooses again.
    for (int tries = 10; tries > 0; --tries) {
        std::vector<Opened> opened;
        try {
            for (const Listener& listener : listeners_) opened.push_back(Open(listener, PortFor(listener, opened)));
            const std::lock_guard lock(mutex_);
            opened_ = std::move(opened);
            return;
        } catch (const StartError&) {
            for (const Opened& each : opened) network_.CloseSocket(each.socket);
            const Listener& failed = listeners_[opened.size()];
            if (PortFor(failed, opened) == failed.port || tries == 1) throw;
        }
    }
}

std::uint16_t CoreState::PortFor(const Listener& listener, const std::vector<Opened>& opened) const noexcept {
    if (listener.port != 0) return listener.port;
    for (std::size_t i = 0; i < opened.size(); ++i) {
        const Listener& other = listeners_[i];
        const std::uint16_t port = opened[i].local.Port();
        if (other.port != 0 || other.transport == listener.transport || other.address != listener.address) continue;
        bool taken = false;
        for (std::size_t j = 0; j < opened.size(); ++j)
            taken = taken || (listeners_[j].transport == listener.transport && opened[j].local.Port() == port);
        if (!taken) return port;
    }
    return 0;
}

CoreState::Opened CoreState::Open(const Listener& listener, std::uint16_t port) const {
    const bool everywhere = listener.address == "*";
    const auto endpoint = everywhere ? AnyAddress(Endpoint::Family::V6, port)
                                     : Endpoint::Parse(listener.address, port).value_or(Endpoint());
    if (!everywhere && !Endpoint::Parse(listener.address, port))
        throw StartError("cannot listen on \"" + listener.address +
                         "\": it is not a numeric address; give one like 127.0.0.1 or ::1, or * for all");

    OpenedSocket socket = network_.OpenListening(endpoint, listener.transport, everywhere, listener.backlog);
    if (everywhere && socket.socket == kNoSocket && IsFamilyMissing(socket.native_code))
        socket =
            network_.OpenListening(AnyAddress(Endpoint::Family::V4, port), listener.transport, false, listener.backlog);
    if (socket.socket == kNoSocket) Fail(listener, endpoint, socket.native_code);
    return {network_.LocalEndpoint(socket.socket), socket.socket};
}

void CoreState::CloseOpened() noexcept {
    const std::lock_guard lock(mutex_);
    for (const Opened& each : opened_)
        if (each.socket != kNoSocket) network_.CloseSocket(each.socket);
    opened_.clear();
}

void CoreState::PrintStart() const {
    const std::lock_guard lock(mutex_);
    std::printf("engine %s\n", engine_report_.c_str());
    for (std::size_t i = 0; i < opened_.size(); ++i) {
        const std::string transport(ToString(listeners_[i].transport));
        std::printf("listening on %s %s\n", transport.c_str(), opened_[i].local.ToString().c_str());
    }
    std::fflush(stdout);
}

void CoreState::OpenDoor(std::size_t index, Worker& worker) {
    const Listener& listener = listeners_[index];
    DoorGuard& guard = *guards_[index];
    guard.SetMostClients(MostClients(listener));
    const SocketHandle socket = std::exchange(opened_[index].socket, kNoSocket);
    if (listener.transport == Transport::Udp) {
        datagram_listeners_.push_back(std::make_unique<DatagramListener>(worker, listener, socket, guard));
        worker.Mail()->Post([&door = *datagram_listeners_.back()] { door.Open(); });
    } else {
        stream_listeners_.push_back(std::make_unique<StreamListener>(worker, listener, socket, guard, accept_depth_));
        worker.Mail()->Post([&door = *stream_listeners_.back()] { door.Open(); });
    }
}

std::size_t CoreState::MostClients(const Listener& listener) const noexcept {
    if (listener.transport == Transport::Udp) return 65'536;
    const std::size_t limit = DescriptorLimit(options_.raise_descriptor_limit);
    return limit - std::min(limit / 4, std::size_t{64});  // the core, and the program around it, need some too
}

DoorGuard& CoreState::GuardOf(std::size_t index) const {
    if (index >= guards_.size()) Misuse("limits of a listener that the core does not have");
    return *guards_[index];
}

void CoreState::SetLimits(std::size_t index, const Limits& limits) {
    GuardOf(index).Set(limits);
    const std::lock_guard lock(mutex_);
    for (const auto& worker : workers_) worker->TellOfLimits();
}

}  // namespace iocp::detail
