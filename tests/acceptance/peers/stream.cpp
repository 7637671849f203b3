// SPDX-License-Identifier: MIT
#include "load.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>

namespace load {

namespace {

constexpr std::size_t kPiece = std::size_t{128} << 10;
constexpr auto kLongestSilence = 20s;

// Sends its bytes and checks them as they come back, both at once; then each side ends its own direction.
class Streamer final : public Watched {
public:
    Streamer(Loop& loop, const Target& target, std::uint64_t number, std::uint64_t size)
        : loop_(loop), socket_(Connecting(target)), pattern_(number), size_(size) {
        loop_.Watch(socket_.Get(), EPOLLIN | EPOLLOUT, *this);
    }

    [[nodiscard]] std::uint64_t Received() const { return received_; }
    [[nodiscard]] bool HasEnded() const { return ended_; }

private:
    void OnReady(std::uint32_t events) override {
        if ((events & EPOLLOUT) != 0 && !all_sent_) Send();
        if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) Receive();
    }

    void Send() {
        const auto piece =
            pattern_.Bytes(sent_, static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, size_ - sent_)));
        const auto sent = send(socket_.Get(), piece.data(), piece.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) return;
        if (sent < 0) FailInSystem("send");
        sent_ += static_cast<std::uint64_t>(sent);
        if (sent_ < size_) return;
        all_sent_ = true;
        shutdown(socket_.Get(), SHUT_WR);
        loop_.Change(socket_.Get(), EPOLLIN, *this);
    }

    void Receive() {
        static std::array<std::byte, kPiece> bytes;
        const auto received = recv(socket_.Get(), bytes.data(), bytes.size(), 0);
        if (received < 0 && errno == EAGAIN) return;
        if (received < 0) FailInSystem("recv");
        if (received == 0) return End();
        const auto count = static_cast<std::size_t>(received);
        if (received_ + count > sent_) Fail("more came back than was sent");
        pattern_.Check(received_, std::span(bytes).first(count));
        received_ += count;
    }

    void End() {
        if (received_ != size_)
            Fail("the server ended after " + std::to_string(received_) + " of " + std::to_string(size_) + " bytes");
        ended_ = true;
        socket_.Close();
    }

    Loop& loop_;
    Socket socket_;
    Pattern pattern_;
    const std::uint64_t size_;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
    bool all_sent_ = false;
    bool ended_ = false;
};

}  // namespace

void Stream(const Target& target, const Arguments& arguments) {
    const auto size = NumberIn(arguments, 0, std::uint64_t{1} << 30);
    const auto clients = NumberIn(arguments, 1, 1);
    LimitTime(1800s);

    Loop loop;
    std::deque<Streamer> streamers;
    const auto begin = Clock::now();
    for (std::uint64_t i = 0; i < clients; ++i)
        streamers.emplace_back(loop, target, i, size / clients + (i < size % clients ? 1 : 0));

    const auto received = [&] {
        std::uint64_t sum = 0;
        for (const Streamer& streamer : streamers) sum += streamer.Received();
        return sum;
    };
    const auto all_ended = [&] { return std::ranges::all_of(streamers, &Streamer::HasEnded); };
    std::uint64_t before = 0;
    while (!loop.Until(all_ended, kLongestSilence)) {
        const std::uint64_t now = received();
        if (now == before) Fail("nothing came for a while, at " + std::to_string(now) + " bytes in all");
        before = now;
    }
    const double seconds = SecondsSince(begin);
    std::printf("stream %llu bytes, %llu clients: all right, %.1f s, %.0f MB/s each way\n",
                static_cast<unsigned long long>(size), static_cast<unsigned long long>(clients), seconds,
                static_cast<double>(size) / seconds / 1e6);
}

}  // namespace load
