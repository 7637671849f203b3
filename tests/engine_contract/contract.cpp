// SPDX-License-Identifier: MIT
#include "contract.h"

#include "support/platform.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace iocp_test {

using iocp::detail::Buffer;
using iocp::detail::BufferPool;
using iocp::detail::CloseSocket;
using iocp::detail::LocalEndpoint;
using iocp::detail::OpenedSocket;
using iocp::detail::OpenListening;
using iocp::detail::OperationQueue;

namespace {

using Clock = std::chrono::steady_clock;

SocketHandle Opened(const OpenedSocket& opened) {
    if (opened.socket == iocp::kNoSocket)
        throw std::runtime_error("no socket: " + iocp::detail::DescribeNativeCode(opened.native_code));
    return opened.socket;
}

}  // namespace

EngineContract::EngineContract() {
    if (GetParam().scarce) {
        options.submission_entries = 4;
        options.completion_entries = 16;
        options.provided_buffers = 4;
    }
    RemakeEngine();
}

void EngineContract::RemakeEngine() {
    const auto name = ToString(GetParam().kind);
    const auto choice = iocp::detail::ChooseEngine(iocp::ParseEngineKind(name).value(), options);
    engine_.reset();
    buffers_ =
        std::make_unique<BufferPool>(options.receive_buffer, options.max_receive_buffers + options.provided_buffers);
    engine_ = iocp::detail::MakeEngine(choice.kind, options, *buffers_);
    EXPECT_EQ(choice.report, name);
    EXPECT_EQ(engine_->Name(), name);
}

void EngineContract::TearDown() {
    EndEverything();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(Turn(), 0U) << "yielded after everything had ended";
    while (!acquired_.empty()) Release(**acquired_.begin());
    engine_.reset();
    EXPECT_EQ(buffers_->Out(), 0U);
    EXPECT_EQ(operations_.FreeCount(), operations_.Count());
}

void EngineContract::EndEverything() {
    try {
        for (IOCP_Operation* operation : acquired_)
            if (IsPending(*operation)) Cancel(*operation);
        while (!sockets_.empty()) Close(*sockets_.begin());
        AwaitAll();
    } catch (const std::exception& error) {
        // Its memory is the kernel's: there is no way on.
        std::fprintf(stderr, "cannot end the test: %s\n", error.what());
        std::abort();
    }
}

SocketHandle EngineContract::Listen() {
    constexpr int kBacklog = 256;
    const auto listener = Opened(OpenListening(Loopback(0), iocp::Transport::Tcp, false, kBacklog));
    Attach(listener, SocketRole::Listener);
    return listener;
}

Link EngineContract::NewLink() {
    if (listener_ == iocp::kNoSocket) listener_ = Listen();
    Link link{iocp::kNoSocket, Peer(LocalEndpoint(listener_))};
    IOCP_Operation& accept = Complete(New(Kind::Accept, listener_));
    if (accept.native_code != 0) throw std::runtime_error("no link: native code " + std::to_string(accept.native_code));
    link.near = std::exchange(accept.Far().accepted, iocp::kNoSocket);
    Attach(link.near, SocketRole::Stream);
    Release(accept);
    return link;
}

SocketHandle EngineContract::OpenDatagrams() {
    const auto socket = Opened(OpenListening(Loopback(0), iocp::Transport::Udp, false, 0));
    Attach(socket, SocketRole::Datagram);
    return socket;
}

void EngineContract::Attach(SocketHandle socket, SocketRole role) {
    ASSERT_EQ(engine_->Attach(socket, role), 0);
    sockets_.insert(socket);
}

void EngineContract::Close(SocketHandle socket) {
    ASSERT_EQ(sockets_.erase(socket), 1U);
    engine_->Close(socket);
}

std::span<std::byte> EngineContract::Memory(std::size_t size) { return memory_.emplace_back(size); }

std::span<std::byte> EngineContract::Memory(std::string_view text) {
    const auto memory = Memory(text.size());
    std::copy(text.begin(), text.end(), reinterpret_cast<char*>(memory.data()));
    return memory;
}

IOCP_Operation& EngineContract::New(Kind kind, SocketHandle socket, std::span<std::byte> memory) {
    IOCP_Operation& operation = operations_.Acquire(kind);
    acquired_.insert(&operation);
    operation.socket = socket;
    operation.data = memory.data();
    operation.size = static_cast<std::uint32_t>(memory.size());
    return operation;
}

IOCP_Operation& EngineContract::NewTo(const iocp::Endpoint& far_end, Kind kind, SocketHandle socket,
                                      std::span<std::byte> memory) {
    IOCP_Operation& operation = New(kind, socket, memory);
    operation.Far().endpoint = far_end;
    return operation;
}

void EngineContract::Release(IOCP_Operation& operation) {
    acquired_.erase(&operation);
    if (Buffer* lent = std::exchange(operation.buffer, nullptr); lent != nullptr) lent->GiveBack();
    if (operation.kind == Kind::Accept && operation.Far().accepted != iocp::kNoSocket)
        CloseSocket(std::exchange(operation.Far().accepted, iocp::kNoSocket));
    operations_.Release(operation);
}

Submission EngineContract::Submit(IOCP_Operation& operation) {
    const Submission submission = engine_->Submit(operation);
    if (submission == Submission::Pending) {
        EXPECT_EQ(operation.state, State::Pending);
        EXPECT_TRUE(pending_.insert(&operation).second);
    } else {
        EXPECT_EQ(operation.state, State::Acquired);
    }
    return submission;
}

void EngineContract::SubmitPending(IOCP_Operation& operation) { ASSERT_EQ(Submit(operation), Submission::Pending); }

void EngineContract::Cancel(IOCP_Operation& operation) {
    operation.cancel_requested = true;
    engine_->Cancel(operation);
}

std::size_t EngineContract::Turn(std::chrono::nanoseconds timeout) {
    OperationQueue ended;
    engine_->Wait(ended, timeout);
    std::size_t count = 0;
    for (; !ended.Empty(); ++count) {
        const IOCP_Operation& operation = ended.Pop();
        EXPECT_EQ(operation.state, State::Acquired);
        EXPECT_EQ(pending_.erase(&operation), 1U) << "yielded, but not pending";
    }
    return count;
}

void EngineContract::AwaitEnd(const IOCP_Operation& operation) {
    const auto deadline = Clock::now() + kPatience;
    while (IsPending(operation)) {
        if (Clock::now() > deadline) throw std::runtime_error("an operation does not end");
        Turn(kPatience);
    }
}

void EngineContract::AwaitAll() {
    while (!pending_.empty()) AwaitEnd(**pending_.begin());
}

IOCP_Operation& EngineContract::Complete(IOCP_Operation& operation) {
    Submit(operation);
    AwaitEnd(operation);
    return operation;
}

std::string EngineContract::TakeText(IOCP_Operation& operation) {
    Buffer* lent = std::exchange(operation.buffer, nullptr);
    const std::byte* bytes = operation.kind != Kind::RecvLent ? operation.data
                             : lent != nullptr                ? lent->Bytes()
                                                              : nullptr;
    std::string text(reinterpret_cast<const char*>(bytes), operation.transferred);
    if (lent != nullptr) lent->GiveBack();
    return text;
}

std::string EngineContract::ReceiveText(SocketHandle socket, std::size_t count) {
    const auto memory = Memory(count);
    std::string text;
    while (text.size() < count) {
        IOCP_Operation& recv = Complete(New(Kind::Recv, socket, memory.first(count - text.size())));
        if (recv.native_code != 0 || recv.transferred == 0) break;
        text += TakeText(recv);
        Release(recv);
    }
    return text;
}

Outcome EngineContract::OutcomeOf(const IOCP_Operation& operation) {
    return iocp::detail::OutcomeOf(operation.native_code);
}

bool EngineContract::WasCancelled(const IOCP_Operation& operation) {
    return iocp::detail::IsCancelled(operation.native_code);
}

std::vector<Setup> Setups() {
    std::vector<Setup> setups;
    for (const auto kind : EnginesUnderTest()) {
        setups.push_back({kind, false});
        if (kind == iocp::EngineKind::IoUring) setups.push_back({kind, true});  // the others have no such queues
    }
    return setups;
}

std::string Setup::Name() const { return std::string(ToString(kind)) + (scarce ? "_scarce" : ""); }

void PrintTo(const Setup& setup, std::ostream* out) { *out << setup.Name(); }

std::string Pattern(std::size_t size) {
    std::string pattern(size, '\0');
    for (std::size_t i = 0; i < size; ++i) pattern[i] = static_cast<char>(i * 7 + i / 256);
    return pattern;
}

}  // namespace iocp_test
