// SPDX-License-Identifier: MIT
#include "load.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

namespace load {

namespace {

using namespace std::chrono_literals;

constexpr auto kLost = 200ms;  // a datagram's answer has not come by then
constexpr auto kStuck = 10s;   // nothing at all has come
constexpr std::size_t kBuffer = std::size_t{256} << 10;

class Load;

// One client: a connection, what it has sent, and what of that has come back.
class Client final : public Watched {
public:
    Client(Load& load, std::uint64_t number) : load_(load), start_(number * 7'919) {}
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { Close(); }

    void Connect();
    void OnReady(std::uint32_t events) override;
    void Send(Clock::time_point due);
    void ResendIfLost(Clock::time_point now);
    [[nodiscard]] const std::deque<Clock::time_point>& Unanswered() const { return due_; }

private:
    void Close();
    void OnConnected();
    void Flush();
    void Receive();
    void TakeStream(std::span<const char> bytes);
    void TakeDatagram(std::span<const char> bytes);
    void BecomeReady();
    void Answered();

    Load& load_;
    const std::uint64_t start_;
    int socket_ = -1;
    bool connected_ = false;
    bool ready_ = false;
    bool blocked_ = false;
    std::uint64_t wanted_ = 0;  // bytes of the messages that are due
    std::uint64_t sent_ = 0;
    std::uint64_t heard_ = 0;
    std::deque<Clock::time_point> due_;  // of messages without an answer
};

class Load {
public:
    explicit Load(const Settings& asked) : settings(asked), noise(std::max(asked.bytes, kBuffer)) {}
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    Figures Run();

    void Watch(int socket, Client& client) { loop_.Watch(socket, EPOLLIN | EPOLLOUT | EPOLLET, client); }
    void Ready() { ++ready_; }
    [[nodiscard]] bool Goes() const { return goes_; }
    void Add(Clock::time_point due, Clock::time_point now) {
        heard_at_ = now;
        if (now >= measure_from_) figures_.latencies.Add(now - due);
    }
    void Lost() { ++figures_.lost; }

    const Settings settings;
    const Noise noise;
    std::array<char, kBuffer> buffer{};

private:
    void ConnectAll();
    void AwaitReady(std::size_t count);
    void SendWhatIsDue(Clock::time_point now);
    std::optional<Clock::time_point> TakeDue(Clock::time_point now);
    void CountUnanswered(Clock::time_point now);
    void Progress(Clock::time_point now, Clock::time_point end);

    Loop loop_;
    std::deque<std::unique_ptr<Client>> clients_;
    std::size_t ready_ = 0;  // clients
    bool goes_ = false;      // all are
    Figures figures_;
    Clock::time_point measure_from_ = Clock::time_point::max();
    Clock::time_point heard_at_ = Clock::now();
    Clock::time_point next_due_;
    std::size_t next_client_ = 0;
    bool pacing_ = false;
    int shown_ = 0;
};

void Client::Connect() {
    const auto& settings = load_.settings;
    socket_ = socket(settings.server->address.ss_family,
                     (settings.udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) FailInSystem("socket");
    const int on = 1;
    if (!settings.udp) setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // A churn uses up ports: those that are closing are used again.
    if (settings.churn) {
        const linger at_once{1, 0};
        setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    connected_ = blocked_ = false;
    wanted_ = sent_ = heard_ = 0;
    if (connect(socket_, settings.server->Address(), settings.server->size) != 0 && errno != EINPROGRESS)
        FailInSystem("connect");
    load_.Watch(socket_, *this);
}

void Client::Close() {
    if (socket_ >= 0) close(std::exchange(socket_, -1));
}

void Client::OnReady(std::uint32_t events) {
    if (!connected_) {
        if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
        OnConnected();
    }
    if ((events & EPOLLOUT) != 0 && blocked_) Flush();
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) Receive();
}

void Client::OnConnected() {
    int code = 0;
    socklen_t size = sizeof code;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &code, &size);
    if (code != 0) Fail(std::string("connect: ") + std::strerror(code));
    connected_ = true;
    const auto& settings = load_.settings;
    if (settings.udp) BecomeReady();
    if (!settings.churn && !settings.udp) return Send(Clock::now());
    Flush();
}

void Client::Send(Clock::time_point due) {
    due_.push_back(due);
    wanted_ += load_.settings.bytes;
    if (connected_) Flush();
}

void Client::Flush() {
    blocked_ = false;
    while (sent_ < wanted_) {
        const std::size_t most = load_.settings.udp ? load_.settings.bytes : std::size_t{64} << 10;
        const auto bytes = load_.noise.At(start_ + sent_, std::min<std::uint64_t>(wanted_ - sent_, most));
        const auto count = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
            blocked_ = true;
            return;
        }
        if (count < 0) FailInSystem("send");
        sent_ += static_cast<std::uint64_t>(count);
    }
}

void Client::Receive() {
    const auto& settings = load_.settings;
    for (;;) {
        const auto count = recv(socket_, load_.buffer.data(), load_.buffer.size(), 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count < 0 && settings.udp && errno == ECONNREFUSED) continue;
        if (count < 0) FailInSystem("recv");
        if (count == 0 && !settings.udp) Fail("the server ended a connection");
        const auto bytes = std::span(load_.buffer).first(static_cast<std::size_t>(count));
        if (settings.udp)
            TakeDatagram(bytes);
        else
            TakeStream(bytes);
        if (socket_ < 0 || !connected_) return;  // it begins anew
        if (bytes.size() < load_.buffer.size() && !settings.udp) return;
    }
}

void Client::TakeStream(std::span<const char> bytes) {
    const std::size_t size = load_.settings.bytes;
    const auto expected = load_.noise.At(start_ + heard_, bytes.size());
    if (std::memcmp(bytes.data(), expected.data(), bytes.size()) != 0) Fail("a wrong byte");
    const std::uint64_t before = heard_ / size;
    heard_ += bytes.size();
    if (heard_ > sent_) Fail("more came back than was sent");
    for (std::uint64_t i = before; i < heard_ / size; ++i) Answered();
    if (connected_ && sent_ < wanted_) Flush();
}

void Client::TakeDatagram(std::span<const char> bytes) {
    const std::size_t size = load_.settings.bytes;
    const auto expected = load_.noise.At(start_ + heard_, size);
    // The answer to one that was taken for lost.
    if (bytes.size() != size || std::memcmp(bytes.data(), expected.data(), size) != 0) return;
    heard_ += size;
    Answered();
    Flush();
}

// A connection is ready when its first message has come back: systems complete more of them than a server lets in.
void Client::BecomeReady() {
    if (!std::exchange(ready_, true)) load_.Ready();
}

// The oldest message has come back whole.
void Client::Answered() {
    BecomeReady();
    const auto now = Clock::now();
    load_.Add(due_.front(), now);
    due_.pop_front();
    if (load_.settings.churn) {
        Close();
        Connect();
        due_.push_back(now);
        wanted_ = load_.settings.bytes;
    } else if (load_.settings.rate <= 0 && load_.Goes()) {  // the first message of all only makes it ready
        due_.push_back(now);
        wanted_ += load_.settings.bytes;
    }
}

void Client::ResendIfLost(Clock::time_point now) {
    if (due_.empty() || now - due_.front() < kLost) return;
    load_.Lost();
    heard_ += load_.settings.bytes;
    due_.pop_front();
    due_.push_back(now);
    wanted_ += load_.settings.bytes;
    Flush();
}

void Load::ConnectAll() {
    constexpr std::size_t kMostConnecting = 500;
    for (std::size_t i = 0; i < settings.clients; ++i) {
        Client& client = *clients_.emplace_back(std::make_unique<Client>(*this, i));
        client.Connect();
        if (settings.churn) client.Send(Clock::now());
        if (!settings.churn && i >= kMostConnecting) AwaitReady(i - kMostConnecting + 1);
    }
    AwaitReady(settings.clients);
    goes_ = true;
    if (!settings.announced) return;
    std::puts("connected");
    std::fflush(stdout);
}

void Load::AwaitReady(std::size_t count) {
    while (ready_ < count) {
        loop_.Turn(1s);
        if (Clock::now() - heard_at_ > kStuck) Fail("nothing comes back");
    }
}

Figures Load::Run() {
    ConnectAll();
    const auto begin = Clock::now();
    if (settings.rate <= 0 && !settings.churn)
        for (const auto& client : clients_)
            for (std::size_t i = 0; i < settings.pipeline; ++i) client->Send(begin);
    const auto seconds = [](double count) {
        return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
    };
    measure_from_ = begin + seconds(settings.warm_up);
    const auto end = measure_from_ + seconds(settings.seconds);
    next_due_ = heard_at_ = begin;
    pacing_ = settings.rate > 0;
    auto look = begin;
    for (auto now = begin; now < end; now = Clock::now()) {
        if (pacing_) SendWhatIsDue(now);
        loop_.Turn(pacing_ ? 0ms : 100ms);
        if (now < look + 50ms) continue;
        look = now;
        if (settings.udp)
            for (const auto& client : clients_) client->ResendIfLost(now);
        if (now - heard_at_ > kStuck) Fail("nothing comes back any more");
        Progress(now, end);
    }
    const auto ended = Clock::now();
    figures_.seconds = std::chrono::duration<double>(ended - measure_from_).count();
    if (pacing_) CountUnanswered(ended);
    if (settings.progress) std::fprintf(stderr, "\r%24s\r", "");
    return std::move(figures_);
}

// By a schedule that does not wait for answers: a server that falls behind is charged with all of its delay.
void Load::SendWhatIsDue(Clock::time_point now) {
    while (const auto due = TakeDue(now)) {
        clients_[next_client_]->Send(*due);
        next_client_ = (next_client_ + 1) % clients_.size();
    }
}

std::optional<Clock::time_point> Load::TakeDue(Clock::time_point now) {
    if (next_due_ > now) return std::nullopt;
    return std::exchange(next_due_,
                         next_due_ + std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / settings.rate)));
}

// The longest waits would be missing otherwise: those for a server that fell behind.
void Load::CountUnanswered(Clock::time_point now) {
    const auto count = [&](Clock::time_point due) {
        figures_.latencies.Add(now - due);
        ++figures_.unanswered;
    };
    for (const auto& client : clients_) std::ranges::for_each(client->Unanswered(), count);
    while (const auto due = TakeDue(now)) count(*due);
}

void Load::Progress(Clock::time_point now, Clock::time_point end) {
    if (!settings.progress) return;
    constexpr int kSteps = 20;
    const double share = std::max(0.0, 1 - std::chrono::duration<double>(end - now).count() / settings.seconds);
    const int steps = static_cast<int>(share * kSteps);
    if (steps == std::exchange(shown_, steps)) return;
    std::fprintf(stderr, "\r[%-*.*s]", kSteps, steps, "####################");
}

}  // namespace

Noise::Noise(std::size_t longest) : bytes_(kPeriod + longest) {
    std::uint64_t state = 1;
    for (std::size_t i = 0; i < kPeriod; ++i) {
        state = state * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
        bytes_[i] = static_cast<char>(state >> 56);
    }
    for (std::size_t i = kPeriod; i < bytes_.size(); ++i) bytes_[i] = bytes_[i - kPeriod];
}

Figures Run(const Settings& settings) { return std::make_unique<Load>(settings)->Run(); }

}  // namespace load
