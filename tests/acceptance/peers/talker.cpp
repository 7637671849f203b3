// SPDX-License-Identifier: MIT
#include "talker.h"

#include <array>
#include <cerrno>
#include <cstring>

namespace load {

Talker::Talker(Loop& loop, const Target& target, std::uint64_t number, unsigned sources, const Changed& changed)
    : loop_(loop), socket_(Connecting(target, number, sources)), pattern_(number), changed_(changed) {
    loop_.Watch(socket_.Get(), EPOLLOUT, *this);
}

void Talker::Say() {
    const auto message = pattern_.Bytes(said_, kMessage);
    if (send(socket_.Get(), message.data(), message.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(kMessage))
        FailInSystem("send");
    said_ += kMessage;
    state_ = State::Waiting;
}

void Talker::Leave() {
    if (shutdown(socket_.Get(), SHUT_WR) != 0) FailInSystem("shutdown");
    state_ = State::Leaving;
}

void Talker::Hang() {
    socket_.Close();
    state_ = State::Gone;
}

void Talker::OnReady(std::uint32_t) {
    if (state_ == State::Connecting)
        OnConnected();
    else
        OnReadable();
}

void Talker::OnConnected() {
    int code = 0;
    socklen_t size = sizeof code;
    getsockopt(socket_.Get(), SOL_SOCKET, SO_ERROR, &code, &size);
    if (code != 0) Fail(std::string("connect: ") + std::strerror(code));
    loop_.Change(socket_.Get(), EPOLLIN, *this);
    Become(State::Silent);
}

void Talker::OnReadable() {
    std::array<std::byte, 4 * kMessage> bytes;
    const auto received = recv(socket_.Get(), bytes.data(), bytes.size(), 0);
    if (received < 0 && errno == EAGAIN) return;
    if (received < 0) FailInSystem("recv");
    if (received == 0 && state_ != State::Leaving) Fail("the server ended a connection");
    if (received == 0) {
        socket_.Close();
        return Become(State::Gone);
    }
    const auto count = static_cast<std::size_t>(received);
    pattern_.Check(heard_, std::span(bytes).first(count));
    heard_ += count;
    if (heard_ > said_) Fail("more came back than was said");
    if (heard_ == said_ && state_ == State::Waiting) Become(State::Silent);
}

void Talker::Become(State state) {
    state_ = state;
    changed_(*this);
}

}  // namespace load
