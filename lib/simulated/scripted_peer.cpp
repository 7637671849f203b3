// SPDX-License-Identifier: MIT
#include "scripted_peer.h"

#include "misuse.h"

#include <array>
#include <utility>

namespace iocp::detail {

ScriptedPeer::ScriptedPeer(SimulatedNetwork& network, const Endpoint& server, Transport transport)
    : network_(network), server_(server), local_(network.NewAddress()), transport_(transport) {
    if (transport == Transport::Udp) {
        network_.Bind(local_, this);
        return;
    }
    opener_ = std::shared_ptr<StreamOpener>(this, [](StreamOpener*) {});
    network_.Dial(local_, server_, opener_);
}

ScriptedPeer::~ScriptedPeer() {
    if (transport_ == Transport::Udp) network_.Bind(local_, nullptr);
    if (stream_) stream_->Use(Side::Client, nullptr);
}

void ScriptedPeer::Write(std::string_view bytes) {
    if (transport_ == Transport::Udp) return network_.Send(local_, server_, std::string(bytes));
    if (no_more_) Misuse("a simulated peer writes after its end");
    unsent_ += bytes;
    WriteMore();
}

std::string ScriptedPeer::Read() { return std::exchange(arrived_, {}); }

std::optional<std::string> ScriptedPeer::ReadDatagram() {
    if (datagrams_.empty()) return std::nullopt;
    std::string first = std::move(datagrams_.front());
    datagrams_.pop_front();
    return first;
}

void ScriptedPeer::SetReading(bool reading) {
    reading_ = reading;
    ReadMore();
}

void ScriptedPeer::ShutdownSend() {
    no_more_ = true;
    WriteMore();
}

void ScriptedPeer::Close() {
    closing_ = true;
    ShutdownSend();
}

void ScriptedPeer::Reset() {
    unsent_.clear();
    sent_ = 0;
    reset_ = true;
    opener_.reset();  // a connection that opens later is of no interest
    if (stream_) stream_->Reset(Side::Client);
}

void ScriptedPeer::OnOpened(std::shared_ptr<Stream> stream) {
    if (stream == nullptr) {
        reset_ = true;
        return;
    }
    connected_ = true;
    stream_ = std::move(stream);
    stream_->Use(Side::Client, this);
    OnStreamChanged();
}

void ScriptedPeer::OnStreamChanged() {
    reset_ = reset_ || stream_->IsBroken(Side::Client);
    ReadMore();
    WriteMore();
}

void ScriptedPeer::OnDatagram(const Endpoint&, const Endpoint&, std::string bytes) {
    datagrams_.push_back(std::move(bytes));
}

void ScriptedPeer::ReadMore() {
    if (!stream_ || !reading_) return;
    std::array<std::byte, 4096> piece;
    while (const std::size_t size = stream_->Read(Side::Client, piece))
        arrived_.append(reinterpret_cast<const char*>(piece.data()), size);
    ended_ = ended_ || stream_->HasEnded(Side::Client);
}

void ScriptedPeer::WriteMore() {
    if (!stream_ || stream_->IsBroken(Side::Client)) return;
    sent_ += stream_->Write(Side::Client, std::as_bytes(std::span(unsent_).subspan(sent_)));
    if (sent_ < unsent_.size()) return;
    unsent_.clear();
    sent_ = 0;
    if (!no_more_) return;
    if (closing_)
        stream_->Close(Side::Client);
    else
        stream_->ShutdownSend(Side::Client);
}

}  // namespace iocp::detail
