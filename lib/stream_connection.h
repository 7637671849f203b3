// SPDX-License-Identifier: MIT
#pragma once

#include "connection.h"

#include <iocp/operation.h>

#include <chrono>

namespace iocp::detail {

// A TCP connection.
class StreamConnection final : public Connection {
public:
    // Takes over `socket`, which is attached to the engine of `home`.
    StreamConnection(Worker& home, SocketHandle socket) : Connection(home), socket_(socket) {}

    void Abandon(RecvWait& wait) noexcept override;
    void Abandon(SendWait& wait) noexcept override;
    [[nodiscard]] Endpoint Local() const noexcept override;

    void FinishSending() noexcept override;
    [[nodiscard]] bool IsStream() const noexcept override { return true; }

    void OnDue(RecvWait& wait) noexcept override;
    void OnDue(SendWait& wait) noexcept override;

    void Cut() noexcept override;

    // Closes the client, ends the sending side and waits for the peer to end its own: a close with unread bytes would
    // reset the connection, and what was sent last might not arrive (RFC 2525, 2.17).
    [[nodiscard]] bool MustLinger() const noexcept override;
    [[nodiscard]] Task<void> Linger(std::chrono::milliseconds limit) override;

private:
    class Unread;

    [[nodiscard]] bool StartRecv(RecvWait& wait) override;
    [[nodiscard]] bool StartSend(SendWait& wait) override;
    void EndWaits(bool sends_too) noexcept override;
    void EndRecv(Outcome why) noexcept override;
    void LetGo() noexcept override;

    static void OnRecvEnded(IOCP_Operation& operation) noexcept;
    static void OnSendEnded(IOCP_Operation& operation) noexcept;

    void FinishRecv(RecvWait& wait) noexcept;
    void EndsWithoutBytes(RecvWait& wait, const IOCP_Operation& operation) noexcept;

    // True: it has ended.
    [[nodiscard]] bool SendsAtOnce(SendWait& wait) noexcept;

    void TakeOperation(SendWait& wait);

    // Submits what is left of a send, the first in the queue or one that finds it empty. True: pending.
    bool SubmitSend(SendWait& wait);

    // Takes the result of its operation. False: there is more to send.
    bool FinishSend(SendWait& wait) noexcept;

    // The same where it failed or something is left.
    bool EndsShort(SendWait& wait, std::size_t sent) noexcept;

    // It has failed, with its size sent before; what that means for the stream.
    void EndSend(SendWait& wait, const Result& failure) noexcept;

    void JoinQueue(SendWait& wait) noexcept;

    // False: it was in none.
    bool LeaveQueue(SendWait& wait) noexcept;
    void SendNext() noexcept;

    SocketHandle socket_;
    SendWait* sending_ = nullptr;  // the one under way; behind it those that wait for their turn
    SendWait* last_sending_ = nullptr;
    Outcome send_failure_ = Outcome::Ok;  // set once the stream was cut in the middle of a message
    bool peer_ended_ = false;
    bool finishing_ = false;  // no send begins any more
    bool broken_ = false;
    bool talks_ = false;  // the last receive brought bytes
    bool bulk_ = false;   // and many
    bool lingering_ = false;
    bool cut_ = false;  // the drain deadline has passed
};

}  // namespace iocp::detail
