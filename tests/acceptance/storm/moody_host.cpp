// SPDX-License-Identifier: MIT
#include "moody_host.h"

#include <coroutine>

namespace storm {

namespace {

constexpr std::size_t kMostTurns = 100;  // of an impatient handler

// A handler that does not take Stopped for an answer; counted unless it ends.
class Stuck {
public:
    explicit Stuck(Census& census) : census_(census) {}
    Stuck(const Stuck&) = delete;
    Stuck& operator=(const Stuck&) = delete;
    ~Stuck() {
        if (stuck_) ++census_.stuck;
    }

    explicit operator bool() const { return stuck_; }
    void Ends() { stuck_ = false; }

private:
    Census& census_;
    bool stuck_ = true;
};

}  // namespace

std::shared_ptr<IOCP_Client> MoodyHost::AcceptClient(const iocp::Arrival&) {
    ++census_.made;
    return std::make_shared<Guest>();
}

void MoodyHost::DeleteClient(Guest&) { ++census_.deleted; }

iocp::Task<> MoodyHost::ProcedureClient(Guest& guest) {
    Entry entry(ledger_);
    const auto wish = co_await guest.Recv();
    entry.Ended(wish);
    if (!wish || wish.size() == 0) co_return;
    const auto mood = static_cast<Mood>(wish.Bytes().front());
    if (!co_await Echo(guest, wish.Bytes().subspan(1))) co_return;
    switch (mood) {
        case Mood::OwnMemory: co_return co_await EchoFromOwnMemory(guest);
        case Mood::Floods: co_return co_await Flood(guest);
        case Mood::Stubborn: co_return co_await AskForEver(guest);
        case Mood::Deaf: co_return co_await WaitForEver();
        default: co_return co_await EchoAll(guest, mood);
    }
}

iocp::Task<bool> MoodyHost::Echo(Guest& guest, std::span<const std::byte> bytes) {
    if (bytes.empty()) co_return true;
    Entry entry(ledger_);
    const iocp::Result sent = co_await guest.Send(bytes);
    entry.Ended(sent);
    co_return static_cast<bool>(sent);
}

iocp::Task<> MoodyHost::EchoAll(Guest& guest, Mood mood) {
    const std::size_t last = guest.random.Below(10);
    for (std::size_t turn = 0;; ++turn) {
        if (turn == last && mood == Mood::Quits) co_return;
        if (turn == last && mood == Mood::ClosesItself) guest.Close();
        const auto limit = mood == Mood::Impatient ? races_.Limit(guest.random) : std::chrono::nanoseconds(20s);
        Entry entry(ledger_);
        const auto message = co_await guest.Recv().Within(limit);
        entry.Ended(message);
        if (mood == Mood::Impatient) races_.Count(message);
        if (message.Why() == iocp::Outcome::Timeout && mood == Mood::Impatient && turn < kMostTurns) continue;
        if (!message || !co_await Echo(guest, message.Bytes())) co_return;
    }
}

iocp::Task<> MoodyHost::EchoFromOwnMemory(Guest& guest) {
    for (std::size_t turn = 0;; ++turn) {
        std::vector<std::byte> memory(700);  // anew each time, so that a late write finds it gone
        Entry entry(ledger_);
        const iocp::Result message = co_await guest.Recv(memory).Within(races_.Limit(guest.random));
        entry.Ended(message);
        races_.Count(message);
        if (message.Why() == iocp::Outcome::Timeout && turn < kMostTurns) continue;
        if (!message || !co_await Echo(guest, std::span(memory).first(message.size()))) co_return;
    }
}

iocp::Task<> MoodyHost::Flood(Guest& guest) {
    const std::vector<std::byte> flood(100'000, std::byte{1});
    const std::size_t size = guest.Transport() == iocp::Transport::Udp ? 1'000 : flood.size();
    for (int i = 0; i < 200; ++i) {
        Entry entry(ledger_);
        const iocp::Result sent = co_await guest.Send(std::span(flood).first(size)).Within(guest.random.UpTo(5ms));
        entry.Ended(sent);
        if (!sent) co_return;
    }
}

iocp::Task<> MoodyHost::AskForEver(Guest& guest) {
    Stuck stuck(census_);
    while (stuck) {
        Entry entry(ledger_);
        const auto message = co_await guest.Recv();
        entry.Ended(message);
        if (message.Why() != iocp::Outcome::Ok && message.Why() != iocp::Outcome::Stopped) stuck.Ends();
    }
}

iocp::Task<> MoodyHost::WaitForEver() {
    const Stuck stuck(census_);
    co_await std::suspend_always{};
}

}  // namespace storm
