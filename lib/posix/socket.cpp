// SPDX-License-Identifier: MIT
#include "socket.h"

#include "buffer_pool.h"
#include "datagram_batch.h"
#include "kernel_calls.h"
#include "socket_address.h"
#include "socket_calls.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace iocp::detail {

namespace {

constexpr int kDatagramBuffer = 4 << 20;  // bytes; what arrives in a burst while the worker is busy

int Descriptor(SocketHandle socket) noexcept { return static_cast<int>(socket); }

bool SetOption(int descriptor, int level, int name, int value) noexcept {
    return setsockopt(descriptor, level, name, &value, sizeof value) == 0;
}

// An open descriptor, closed again unless it is released.
class Opening {
public:
    explicit Opening(int descriptor) noexcept : descriptor_(descriptor) {}
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;
    ~Opening() {
        if (descriptor_ >= 0) close(descriptor_);
    }

    [[nodiscard]] int Get() const noexcept { return descriptor_; }
    [[nodiscard]] OpenedSocket Release() noexcept {
        const int descriptor = descriptor_;
        descriptor_ = -1;
        return {static_cast<SocketHandle>(descriptor), 0};
    }

private:
    int descriptor_;
};

int FamilyOf(Endpoint::Family family) noexcept { return family == Endpoint::Family::V6 ? AF_INET6 : AF_INET; }

bool Bind(int descriptor, const Endpoint& endpoint) noexcept {
    sockaddr_storage address{};
    const int size = ToSystem(endpoint, address);
    return bind(descriptor, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)) == 0;
}

// The memory for one call that receives datagrams.
class Messages {
public:
    void Add(std::byte* data, std::size_t size) noexcept {
        memory_[count_] = {data, size};
        msghdr& message = (headers_[count_] = {}).msg_hdr;
        message.msg_name = &from_[count_];
        message.msg_namelen = sizeof from_[count_];
        message.msg_iov = &memory_[count_];
        message.msg_iovlen = 1;
        ++count_;
    }

    // How many have come, or -1.
    [[nodiscard]] int Receive(int descriptor) noexcept {
        return recvmmsg(descriptor, headers_.data(), count_, MSG_DONTWAIT, nullptr);
    }

    [[nodiscard]] std::uint32_t SizeOf(std::size_t i) const noexcept { return headers_[i].msg_len; }
    [[nodiscard]] bool WasCut(std::size_t i) const noexcept { return (headers_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0; }
    [[nodiscard]] Endpoint SenderOf(std::size_t i) const noexcept { return FromSystem(from_[i]); }

private:
    static constexpr std::size_t kMost = 1 + DatagramBatch::kMost;

    // Not initialised: most calls need few.
    std::array<mmsghdr, kMost> headers_;
    std::array<iovec, kMost> memory_;
    std::array<sockaddr_storage, kMost> from_;
    unsigned count_ = 0;
};

}  // namespace

OpenedSocket OpenListening(const Endpoint& endpoint, Transport transport, bool both_families, int backlog) {
    const bool stream = transport == Transport::Tcp;
    const int family = FamilyOf(endpoint.AddressFamily());
    Opening socket(::socket(family, (stream ? SOCK_STREAM | SOCK_NONBLOCK : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
    if (socket.Get() < 0) return {kNoSocket, errno};
    if (family == AF_INET6 && !SetOption(socket.Get(), IPPROTO_IPV6, IPV6_V6ONLY, both_families ? 0 : 1))
        return {kNoSocket, errno};
    if (stream) {
        // On Linux this only lets a server come back while connections of its last run are in TIME_WAIT.
        if (!SetOption(socket.Get(), SOL_SOCKET, SO_REUSEADDR, 1)) return {kNoSocket, errno};
        SwitchNagleOff(static_cast<SocketHandle>(socket.Get()));  // accepted sockets inherit it
    } else {
        SetOption(socket.Get(), SOL_SOCKET, SO_RCVBUF, kDatagramBuffer);  // as much as the system allows
    }
    if (!Bind(socket.Get(), endpoint)) return {kNoSocket, errno};
    if (stream && listen(socket.Get(), backlog) != 0) return {kNoSocket, errno};
    return socket.Release();
}

OpenedSocket OpenStream(Endpoint::Family family) {
    Opening socket(::socket(FamilyOf(family), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.Get() < 0) return {kNoSocket, errno};
    SwitchNagleOff(static_cast<SocketHandle>(socket.Get()));
    return socket.Release();
}

void CloseSocket(SocketHandle socket) noexcept { close(Descriptor(socket)); }

void ResetSocket(SocketHandle socket) noexcept {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(Descriptor(socket), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    CloseSocket(socket);
}

void ShutdownSend(SocketHandle socket) noexcept { shutdown(Descriptor(socket), SHUT_WR); }

void SwitchNagleOff(SocketHandle socket) noexcept { SetOption(Descriptor(socket), IPPROTO_TCP, TCP_NODELAY, 1); }

Endpoint LocalEndpoint(SocketHandle socket) noexcept {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getsockname(Descriptor(socket), reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    return FromSystem(address);
}

bool AcceptNow(IOCP_Operation& operation) noexcept {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const auto accepted = Uninterrupted([&] { return AcceptSocket(Descriptor(operation.socket), address, size); });
    operation.native_code = accepted < 0 ? errno : 0;
    if (accepted < 0) return operation.native_code != EAGAIN;
    operation.Far().accepted = static_cast<SocketHandle>(accepted);
    operation.Far().endpoint = FromSystem(address);
    return true;
}

bool ConnectNow(IOCP_Operation& operation) noexcept {
    const int descriptor = Descriptor(operation.socket);
    operation.transferred = 0;
    if (operation.state == IOCP_Operation::State::Pending) {
        int code = 0;
        socklen_t size = sizeof code;
        operation.native_code = getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
        if (operation.native_code != 0) return true;
        sockaddr_storage peer{};
        size = sizeof peer;
        const bool is_connected = getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
        return is_connected || errno != ENOTCONN;  // a stray event
    }
    sockaddr_storage address{};
    const int size = ToSystem(operation.Far().endpoint, address);
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    const int returned = connect(descriptor, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size));
    operation.native_code = returned == 0 ? 0 : errno;
    return operation.native_code != EINPROGRESS;
}

void SendDatagramNow(IOCP_Operation& operation) noexcept {
    sockaddr_storage address{};
    const int size = ToSystem(operation.Far().endpoint, address);
    const auto sent = sendto(Descriptor(operation.socket), operation.data, operation.size, MSG_DONTWAIT | MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size));
    operation.native_code = sent < 0 ? errno : 0;
    operation.transferred = sent < 0 ? 0 : static_cast<std::uint32_t>(sent);
}

bool ReceiveDatagramsNow(IOCP_Operation& operation) noexcept {
    Messages messages;
    messages.Add(operation.data, operation.size);
    std::span<DatagramBatch::Place> room;
    if (operation.Far().more != nullptr) room = operation.Far().more->MakeRoom();
    for (const DatagramBatch::Place& place : room) messages.Add(place.buffer->Bytes(), place.buffer->Capacity());

    const int came = messages.Receive(Descriptor(operation.socket));
    const int code = came < 0 ? errno : 0;
    const std::size_t others = came > 0 ? static_cast<std::size_t>(came) - 1 : 0;
    for (std::size_t i = 0; i < others; ++i) {
        room[i].buffer->size = messages.SizeOf(i + 1);
        room[i].from = messages.SenderOf(i + 1);
        room[i].truncated = messages.WasCut(i + 1);
    }
    if (operation.Far().more != nullptr) operation.Far().more->Keep(others, came > 0 && others < room.size());
    if (code == EAGAIN) return false;

    operation.native_code = code;
    if (code != 0) return true;
    operation.transferred = messages.SizeOf(0);
    operation.truncated = messages.WasCut(0);
    operation.Far().endpoint = messages.SenderOf(0);
    return true;
}

std::size_t DescriptorLimit(bool raise) noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    if (raise && limit.rlim_cur < limit.rlim_max) {
        const rlimit raised{limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return limit.rlim_max;
    }
    return limit.rlim_cur;
}

NetworkLibrary::NetworkLibrary() = default;
NetworkLibrary::~NetworkLibrary() = default;

}  // namespace iocp::detail
