// SPDX-License-Identifier: MIT
#include <iocp/group.h>
#include <iocp/relay.h>

namespace iocp {

namespace {

// Yields true when `from` has ended its side in order and `to` knows.
Task<Result> Pump(IOCP_Client& from, IOCP_Client& to, std::uint64_t& count) {
    Result result;
    while (result) {
        const Received received = co_await from.Recv();
        const Result& how = received;
        result = how;
        if (!received) break;
        result = co_await to.Send(received.Bytes());
        count += result.size();
    }
    if (result.Why() == Outcome::Closed) {
        to.FinishSending();
        co_return Result();
    }
    from.Close();
    to.Close();
    co_return result;
}

}  // namespace

Task<Relayed> Relay(IOCP_Client& one, IOCP_Client& other) {
    Relayed relayed;
    const auto [forth, back] = co_await All(Pump(one, other, relayed.forth), Pump(other, one, relayed.back));
    // The second to fail only says that it was stopped.
    const bool first_tells = !forth && (back || forth.Why() != Outcome::Stopped);
    static_cast<Result&>(relayed) = first_tells ? forth : back;
    co_return relayed;
}

}  // namespace iocp
