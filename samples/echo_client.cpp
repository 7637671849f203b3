// SPDX-License-Identifier: MIT
// Sends a file or standard input through an echo server, block by block, and checks that each comes back as it was.
#include "common/arguments.h"
#include "common/input.h"
#include "common/progress.h"
#include "common/round_trips.h"

#include <iocp/iocp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <future>
#include <iomanip>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Bytes = std::span<const std::byte>;
using BlockNumber = std::array<std::byte, 8>;  // a datagram ends with the number of its block

// Fits into the buffers between client and server, so that neither waits for the other to receive first.
constexpr std::size_t kMostInBlock = 65'536;
constexpr std::size_t kMostInDatagram = 65'507 - sizeof(BlockNumber);
constexpr int kTries = 5;  // datagrams for one block

struct Settings {
    iocp::Endpoint server = *iocp::Endpoint::Parse("127.0.0.1", 12345);
    iocp::Transport transport = iocp::Transport::Tcp;
    std::size_t block = 0;     // bytes; 0: what suits the transport
    unsigned timeout = 5'000;  // milliseconds
    std::string file = "-";
    iocp::Options core;
};

// One run. Its coroutine is alone on its worker, so reading the input there keeps nobody waiting.
class EchoCheck {
public:
    EchoCheck(const Settings& settings, Input& input) : settings_(settings), input_(input), progress_(input.Size()) {}

    iocp::Task<> Run() {
        try {
            co_await Exchange();
            ended_.set_value();
        } catch (...) {
            ended_.set_exception(std::current_exception());
        }
    }

    // Waits for the end of Run, on another thread, and throws what went wrong.
    void Await() { ended_.get_future().get(); }

    void PrintReport() const;

private:
    iocp::Task<> Exchange() {
        const auto limit = std::chrono::milliseconds(settings_.timeout);
        auto server = co_await iocp::Connect(settings_.server, settings_.transport, limit);
        if (!server) throw std::runtime_error("cannot connect to " + Server() + ": " + server.Message());

        for (Bytes block = input_.Next(); !block.empty(); block = input_.Next()) {
            const auto begin = Clock::now();
            if (settings_.transport == iocp::Transport::Tcp)
                co_await ThroughStream(*server, block, begin + limit);
            else
                co_await ThroughDatagrams(*server, block, limit / kTries);
            round_trips_.Add(Clock::now() - begin);
            done_ += block.size();
            progress_.Show(done_);
        }
        progress_.Finish(done_);
        seconds_ = Clock::now() - begin_;
    }

    iocp::Task<> ThroughStream(IOCP_Client& server, Bytes block, Clock::time_point until) {
        if (const auto sent = co_await server.Send(block).Until(until); !sent) Fail(sent);
        for (std::size_t back = 0; back < block.size();) {
            const auto part = co_await server.Recv().Until(until);
            if (!part) Fail(part);
            Compare(part.Bytes(), block.subspan(back), done_ + back);
            back += part.size();
        }
    }

    iocp::Task<> ThroughDatagrams(IOCP_Client& server, Bytes block, std::chrono::milliseconds patience) {
        const auto number = std::bit_cast<BlockNumber>(round_trips_.Count());
        datagram_.assign(block.begin(), block.end());
        datagram_.insert(datagram_.end(), number.begin(), number.end());
        for (int tries = 0; tries < kTries; ++tries) {
            const auto sent = co_await server.Send(datagram_);
            if (!sent && sent.Why() != iocp::Outcome::Full) Fail(sent);
            if (co_await IsAnswered(server, Clock::now() + patience)) co_return;
            ++lost_;
        }
        throw std::runtime_error(Server() + " gave no answer to " + std::to_string(kTries) + " datagrams, after " +
                                 std::to_string(done_) + " bytes");
    }

    iocp::Task<bool> IsAnswered(IOCP_Client& server, Clock::time_point until) {
        for (;;) {
            const auto answer = co_await server.Recv().Until(until);
            if (answer.Why() == iocp::Outcome::Timeout) co_return false;
            if (!answer) Fail(answer);
            if (lost_ > 0 && IsLate(answer.Bytes())) continue;
            Compare(answer.Bytes(), datagram_, done_);
            if (answer.size() < datagram_.size()) throw std::runtime_error("a datagram came back cut short");
            co_return true;
        }
    }

    // An answer to a block that was answered before: it was sent again too early.
    [[nodiscard]] bool IsLate(Bytes answer) const {
        BlockNumber number;
        if (answer.size() < number.size()) return false;
        std::ranges::copy(answer.last(number.size()), number.begin());
        return std::bit_cast<std::uint64_t>(number) < round_trips_.Count();
    }

    // `at`: where the first byte was in the input.
    static void Compare(Bytes back, Bytes sent, std::uint64_t at) {
        if (back.size() > sent.size()) throw std::runtime_error("more came back than was sent");
        if (std::memcmp(back.data(), sent.data(), back.size()) == 0) return;
        const auto [wrong, right] = std::ranges::mismatch(back, sent);
        const auto position = at + static_cast<std::uint64_t>(wrong - back.begin());
        throw std::runtime_error("byte " + std::to_string(position) + " came back as " +
                                 std::to_string(std::to_integer<int>(*wrong)) + " and was sent as " +
                                 std::to_string(std::to_integer<int>(*right)));
    }

    [[noreturn]] void Fail(const iocp::Result& result) const {
        throw std::runtime_error(Server() + " was lost after " + std::to_string(done_) + " bytes: " + result.Message());
    }

    [[nodiscard]] std::string Server() const {
        return std::string(ToString(settings_.transport)) + ' ' + settings_.server.ToString();
    }

    const Settings& settings_;
    Input& input_;
    Progress progress_;
    RoundTrips round_trips_;
    std::vector<std::byte> datagram_;
    std::uint64_t done_ = 0;  // bytes that came back
    std::uint64_t lost_ = 0;  // datagrams that were not answered in time
    const Clock::time_point begin_ = Clock::now();
    std::chrono::duration<double> seconds_{};
    std::promise<void> ended_;
};

void EchoCheck::PrintReport() const {
    std::cout << done_ << " bytes came back byte for byte, in blocks of " << settings_.block << '\n';
    if (round_trips_.Count() == 0) return;
    const auto milliseconds = [this](double share) {
        return std::chrono::duration<double, std::milli>(round_trips_.Quantile(share)).count();
    };
    std::cout << std::fixed << std::setprecision(3) << "throughput  "
              << static_cast<double>(done_) / 1e6 / seconds_.count() << " MB/s for " << seconds_.count() << " s\n"
              << "round trip  min " << milliseconds(0) << " ms, median " << milliseconds(0.5) << " ms, p99 "
              << milliseconds(0.99) << " ms, max " << milliseconds(1) << " ms\n";
    if (settings_.transport == iocp::Transport::Udp)
        std::cout << "lost        " << lost_ << " datagrams, which were sent again\n";
}

void RunCheck(const Settings& settings) {
    Input input(settings.file, settings.block);
    EchoCheck check(settings, input);
    IOCP_CORE core({}, settings.core);  // listens nowhere: a client only
    core.Spawn(check.Run());
    core.Start(1);
    check.Await();
    check.PrintReport();
}

}  // namespace

int main(int count, char** values) {
    using iocp::Transport;
    Settings settings;
    Arguments arguments("echo_client",
                        "Sends a file through an echo server and checks that it comes back byte for byte.");
    arguments.Add("--connect A:PORT", "where the server listens", AddressAndPort(settings.server));
    arguments.Add("--transport T", "tcp or udp", OneOf(settings.transport, {Transport::Tcp, Transport::Udp}));
    arguments.Add("--block BYTES", "to send at a time; 0: 65536 on tcp, 1200 on udp",
                  Number<std::size_t>(settings.block, 0, kMostInBlock));
    arguments.Add("--timeout MS", "to wait for each block; on udp it is sent 5 times meanwhile",
                  Number(settings.timeout, 10U, 3'600'000U));
    arguments.Add("--engine E", "auto, iocp, io_uring or epoll", Engine(settings.core.engine));
    arguments.Add("FILE", "what to send; - is standard input", Text(settings.file));
    if (const auto exit_code = arguments.Read(count, values)) return *exit_code;

    const bool tcp = settings.transport == Transport::Tcp;
    if (settings.block == 0) settings.block = tcp ? kMostInBlock : 1'200;
    if (!tcp && settings.block > kMostInDatagram)
        return arguments.Refuse("--block takes at most " + std::to_string(kMostInDatagram) + " on udp");
    try {
        RunCheck(settings);
    } catch (const std::exception& error) {
        std::cerr << "echo_client: " << error.what() << '\n';
        return 1;
    }
}
