// SPDX-License-Identifier: MIT
#pragma once

#include "load.h"

#include <cstdint>
#include <functional>

namespace load {

// A TCP client that says short messages and checks that each comes back.
class Talker final : public Watched {
public:
    enum class State : std::uint8_t {
        Connecting,
        Silent,   // connected; all it has said came back
        Waiting,  // for its message
        Leaving,  // its side is ended, the server's not yet
        Gone,
    };
    using Changed = std::function<void(Talker&)>;

    static constexpr std::size_t kMessage = 64;  // bytes

    // `changed` is called at each change of the state that the server brings about.
    Talker(Loop& loop, const Target& target, std::uint64_t number, unsigned sources, const Changed& changed);
    Talker(const Talker&) = delete;
    Talker& operator=(const Talker&) = delete;

    [[nodiscard]] State Now() const { return state_; }
    [[nodiscard]] std::uint64_t Messages() const { return said_ / kMessage; }

    void Say();

    // Ends its side in order. It is Gone when the server has ended its own.
    void Leave();

    // Closes at once.
    void Hang();

private:
    void OnReady(std::uint32_t events) override;
    void OnConnected();
    void OnReadable();
    void Become(State state);

    Loop& loop_;
    Socket socket_;
    Pattern pattern_;
    const Changed& changed_;
    std::uint64_t said_ = 0;
    std::uint64_t heard_ = 0;
    State state_ = State::Connecting;
};

}  // namespace load
