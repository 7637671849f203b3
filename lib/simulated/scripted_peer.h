// SPDX-License-Identifier: MIT
#pragma once

#include "simulated_network.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace iocp::detail {

// What is behind a SimulatedPeer.
class ScriptedPeer final : public StreamUser, public StreamOpener, public DatagramUser {
public:
    ScriptedPeer(SimulatedNetwork& network, const Endpoint& server, Transport transport);
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;
    ~ScriptedPeer();

    void Write(std::string_view bytes);
    [[nodiscard]] std::string Read();
    [[nodiscard]] std::optional<std::string> ReadDatagram();
    void SetReading(bool reading);
    void ShutdownSend();
    void Close();
    void Reset();

    [[nodiscard]] bool IsConnected() const noexcept { return transport_ == Transport::Udp || connected_; }
    [[nodiscard]] bool HasEnded() const noexcept { return ended_; }
    [[nodiscard]] bool WasReset() const noexcept { return reset_; }
    [[nodiscard]] const Endpoint& Local() const noexcept { return local_; }

    void OnStreamChanged() override;
    void OnOpened(std::shared_ptr<Stream> stream) override;
    void OnDatagram(const Endpoint& from, const Endpoint& to, std::string bytes) override;

private:
    void WriteMore();
    void ReadMore();

    SimulatedNetwork& network_;
    const Endpoint server_;
    const Endpoint local_;
    const Transport transport_;
    std::shared_ptr<StreamOpener> opener_;  // this, as long as it is interested
    std::shared_ptr<Stream> stream_;
    std::string unsent_;  // from `sent_` on
    std::size_t sent_ = 0;
    std::string arrived_;
    std::deque<std::string> datagrams_;
    bool reading_ = true;
    bool no_more_ = false;  // to send, after unsent_
    bool closing_ = false;
    bool connected_ = false;
    bool ended_ = false;
    bool reset_ = false;
};

}  // namespace iocp::detail
