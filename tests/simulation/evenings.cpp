// SPDX-License-Identifier: MIT
#include "evenings.h"

#include "chat_evening.h"
#include "proxy_evening.h"
#include "samples/chat_protocol.h"

namespace {

std::shared_ptr<IOCP_Protocol> MakeSample(ProxySettings settings) {
    return std::make_shared<ProxyProtocol>(std::move(settings));
}

}  // namespace

std::string_view NameOf(Play play) noexcept {
    switch (play) {
        case Play::Chat: return "chat";
        case Play::Proxy: return "proxy";
        case Play::ForgetfulChat: return "forgetful_chat";
        case Play::HastyProxy: return "hasty_proxy";
    }
    return "unknown";
}

Evening Perform(Play play, std::uint64_t seed) {
    constexpr std::size_t kMost = 10;
    iocp::Simulation sim(seed);
    Random chance(~seed);
    return Perform(play, sim, chance, kMost);
}

Evening Perform(Play play, iocp::Simulation& sim, Random& chance, std::size_t most) {
    switch (play) {
        case Play::Chat: return ChatEvening(sim, chance, std::make_shared<ChatProtocol>(), most);
        case Play::Proxy: return ProxyEvening(sim, chance, &MakeSample, most);
        case Play::ForgetfulChat: return ChatEvening(sim, chance, MakeForgetfulChat(), most);
        case Play::HastyProxy: return ProxyEvening(sim, chance, &MakeHastyProxy, most);
    }
    return {};
}
