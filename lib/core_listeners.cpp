// SPDX-License-Identifier: MIT
// Opening and closing what a core listens on, before a worker has it.
#include "core_state.h"
#include "datagram_listener.h"
#include "stream_listener.h"
#include "worker.h"

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
    std::vector<Opened> opened;
    try {
        for (const Listener& listener : listeners_) opened.push_back(Open(listener));
    } catch (...) {
        for (const Opened& each : opened) network_.CloseSocket(each.socket);
        throw;
    }
    const std::lock_guard lock(mutex_);
    opened_ = std::move(opened);
}

CoreState::Opened CoreState::Open(const Listener& listener) const {
    const bool everywhere = listener.address == "*";
    const auto endpoint = everywhere ? AnyAddress(Endpoint::Family::V6, listener.port)
                                     : Endpoint::Parse(listener.address, listener.port).value_or(Endpoint());
    if (!everywhere && !Endpoint::Parse(listener.address, listener.port))
        throw StartError("cannot listen on \"" + listener.address +
                         "\": it is not a numeric address; give one like 127.0.0.1 or ::1, or * for all");

    OpenedSocket socket = network_.OpenListening(endpoint, listener.transport, everywhere, listener.backlog);
    if (everywhere && socket.socket == kNoSocket && IsFamilyMissing(socket.native_code))
        socket = network_.OpenListening(AnyAddress(Endpoint::Family::V4, listener.port), listener.transport, false,
                                        listener.backlog);
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
        const std::string local = opened_[i].local.ToString();
        std::printf("listening on %s %s\n", ToString(listeners_[i].transport).data(), local.c_str());
    }
    std::fflush(stdout);
}

}  // namespace iocp::detail
