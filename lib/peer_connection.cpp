// SPDX-License-Identifier: MIT
#include "peer_connection.h"

#include "buffer_pool.h"
#include "core_state.h"
#include "datagram.h"
#include "misuse.h"
#include "socket.h"
#include "worker.h"

#include <iocp/datagram_socket.h>

#include <algorithm>
#include <utility>

namespace iocp::detail {

namespace {

// Of the buffers for the longest datagram, until handlers get copies instead.
constexpr std::size_t kMostOut = 1'024;

}  // namespace

PeerConnection::PeerConnection(Worker& home, SocketHandle socket, const Endpoint& remote, const PeerLimits& limits)
    : Connection(home), socket_(socket), remote_(remote), limits_(limits) {
    Guard().WaitBegins();  // its datagrams are taken in whether a Recv waits or not
}

PeerConnection::~PeerConnection() {
    while (first_ != nullptr) std::exchange(first_, first_->next)->GiveBack();
}

void PeerConnection::Deliver(Buffer* datagram) noexcept {
    Guard().Heard(datagram->size);
    if (IsClosed() || WasSentAway() || queued_ == limits_.most_datagrams ||
        queued_bytes_ + datagram->size > limits_.most_bytes) {
        ++Home().Core().Count().datagrams_dropped;
        return datagram->GiveBack();
    }
    datagram->next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = datagram;
    last_ = datagram;
    ++queued_;
    queued_bytes_ += datagram->size;
    if (receiving_ == nullptr || receiving_->cut != Outcome::Ok) return;
    RecvWait& wait = *receiving_;
    Take(wait);
    Home().GiveTurn(wait);
}

void PeerConnection::Deliver(Received&& datagram) noexcept {
    const bool goes_on = first_ == nullptr && receiving_ != nullptr && receiving_->cut == Outcome::Ok;
    const bool lends = goes_on && Home().DatagramBuffers().Out() < kMostOut;
    Buffer* const bytes = lends ? std::exchange(datagram.buffer_, nullptr) : CopyOf(datagram);
    if (bytes == nullptr) {
        ++Home().Core().Count().datagrams_dropped;
        return;
    }
    bytes->size = datagram.size();
    Deliver(bytes);
}

bool PeerConnection::StartRecv(RecvWait& wait) {
    if (first_ != nullptr && Home().SpendInline()) {
        Take(wait);
        return false;
    }
    receiving_ = &wait;
    if (first_ != nullptr)
        Home().Timers().Arm(wait, Home().Now());  // others first
    else
        ArmDeadline(wait);
    return true;
}

// Gives the oldest datagram to `wait`, whose Recv it ends.
void PeerConnection::Take(RecvWait& wait) noexcept {
    receiving_ = nullptr;
    Home().Timers().Disarm(wait);
    Buffer* datagram = std::exchange(first_, first_->next);
    --queued_;
    queued_bytes_ -= datagram->size;
    wait.result = Result(Outcome::Ok, datagram->size);
    const auto memory = wait.Memory();
    if (memory.empty()) {
        wait.buffer = datagram;
        return;
    }
    const std::size_t fits = std::min(datagram->size, memory.size());
    std::copy_n(datagram->Bytes(), fits, memory.begin());
    if (fits < datagram->size) wait.result = Result(Outcome::TooLong, fits);
    datagram->GiveBack();
}

void PeerConnection::OnDue(RecvWait& wait) noexcept {
    if (receiving_ == &wait) {
        if (first_ != nullptr && wait.cut == Outcome::Ok) {
            Take(wait);
        } else {
            receiving_ = nullptr;
            wait.result = Result(wait.cut != Outcome::Ok ? wait.cut : Outcome::Timeout);
        }
    }
    wait.Resume();
}

void PeerConnection::Abandon(RecvWait& wait) noexcept {
    Home().Timers().Disarm(wait);
    if (receiving_ == &wait) receiving_ = nullptr;
}

bool PeerConnection::StartSend(SendWait& wait) {
    if (wait.what == Wait::For::SendFile) Misuse("SendFile on a UDP client", wait.place);
    if (IsClosed()) return Refuse(wait, Outcome::Stopped);
    wait.result = SendDatagram(Home(), socket_, remote_, {wait.data, wait.left});
    if (Home().SpendInline()) return false;
    Home().Timers().MakeRoom();
    Home().Timers().Arm(wait, Home().Now());
    return true;
}

void PeerConnection::Abandon(SendWait& wait) noexcept { Home().Timers().Disarm(wait); }

void PeerConnection::OnDue(SendWait& wait) noexcept { wait.Resume(); }

void PeerConnection::EndWaits(bool) noexcept { EndRecv(Outcome::Stopped); }

void PeerConnection::EndRecv(Outcome why) noexcept {
    if (receiving_ != nullptr) EndWait(*receiving_, why);
}

void PeerConnection::LetGo() noexcept {
    socket_ = kNoSocket;
    if (source_ != nullptr) source_->Stop();
}

Endpoint PeerConnection::Local() const noexcept { return Home().Net().LocalEndpoint(socket_); }

}  // namespace iocp::detail
