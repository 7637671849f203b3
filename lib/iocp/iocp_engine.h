// SPDX-License-Identifier: MIT
#pragma once

#include "answer.h"
#include "eager_receives.h"
#include "engine.h"
#include "winsock_extensions.h"

#include <atomic>

namespace iocp::detail {

// One completion port, waited on by one thread. The OVERLAPPED of a request is the first part of its operation, so a
// completion packet leads straight back to it.
//
// Nothing is held while a receive is idle: it waits as a receive of no bytes, for which the kernel locks no memory, and
// the bytes are fetched when they are there. Where they are expected soon it waits with memory, for a while. A receive
// is handed to the kernel by the next Wait, not when it is submitted, but for one that expects much.
class IocpEngine final : public Engine {
public:
    // Throws StartError.
    IocpEngine(const Options& options, BufferPool& buffers);
    ~IocpEngine() override;

    [[nodiscard]] std::string_view Name() const noexcept override { return "iocp"; }
    [[nodiscard]] int Attach(SocketHandle socket, SocketRole role) noexcept override;
    void Close(SocketHandle socket) noexcept override;
    [[nodiscard]] Submission Submit(IOCP_Operation& operation) noexcept override;
    void Cancel(IOCP_Operation& operation) noexcept override;
    void Wake() noexcept override;
    void Wait(OperationQueue& ended, std::chrono::nanoseconds timeout) noexcept override;

private:
    static constexpr ULONG kMostPackets = 128;

    [[nodiscard]] Submission StartNow(IOCP_Operation& operation) noexcept;

    // Hands over what was put off. Whether any of it has ended.
    [[nodiscard]] bool StartPutOff(OperationQueue& ended) noexcept;

    // Calls the system once; Finish makes the result of what has ended. False: it came to nothing, and is to be started
    // again.
    [[nodiscard]] Answer Start(IOCP_Operation& operation) noexcept;
    [[nodiscard]] bool Finish(IOCP_Operation& operation, Answer answer) noexcept;

    // Whether a completion packet follows such an answer.
    [[nodiscard]] bool PacketFollows(const IOCP_Operation& operation, int code) const noexcept;

    [[nodiscard]] Answer StartRecv(IOCP_Operation& operation) noexcept;
    [[nodiscard]] bool FinishRecv(IOCP_Operation& operation) noexcept;

    // False: they are not there any more.
    [[nodiscard]] bool FetchBytes(IOCP_Operation& operation) noexcept;

    // What a receive needs for bytes to be put there. False: there is none.
    [[nodiscard]] bool TakeMemory(IOCP_Operation& operation) noexcept;

    BufferPool& buffers_;
    const WinsockExtensions extensions_;
    EagerReceives eager_;
    OperationQueue put_off_;
    const HANDLE port_;
    std::atomic<bool> woken_ = false;  // a packet of Wake is on its way
};

}  // namespace iocp::detail
