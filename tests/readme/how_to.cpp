// SPDX-License-Identifier: MIT
// What the table "I want to... write this" of README.md says, compiled. tests/check_sources looks up each row here.
#include <iocp/file.h>
#include <iocp/iocp.h>

#include <array>
#include <functional>
#include <string>

using namespace std::chrono_literals;

using iocp::Task;

Task<> Greet(IOCP_Client& client);
Task<> Read(IOCP_Client& client);
Task<> Write(IOCP_Client& client);
Task<> Heartbeat(IOCP_Client& client);
int Hash(std::string password);

Task<> Receive(IOCP_Client& client);
Task<> Receive(IOCP_Client& client) {
    while (auto message = co_await client.Recv()) co_await client.Send(message);
    std::array<std::byte, 512> memory;
    auto filled = co_await client.Recv(memory);
    auto line = co_await client.RecvLine(4096);
    auto head = co_await client.RecvUntil("\r\n\r\n", 8192);
    auto header = co_await client.RecvExactly(12);
    auto frame = co_await client.RecvFrame({.bytes = 4, .max = 65536});
    client.FinishSending();
    client.Close();
}

Task<> SendPage(IOCP_Client& client);
Task<> SendPage(IOCP_Client& client) {
    auto page = iocp::File::Open("page.html");
    if (page) co_await client.SendFile(*page);
    co_await client.SendFile(*page, 1000, 500);
}

Task<> Bound(IOCP_Client& client, std::stop_token token);
Task<> Bound(IOCP_Client& client, std::stop_token token) {
    auto message = co_await client.Recv().Within(5s);
    if (message.Why() == iocp::Outcome::Timeout) co_await client.Send("still there?\n");
    auto greeted = co_await Greet(client).Within(5s);
    auto tied = co_await client.Recv().With(token);
    while (!client.StopToken().stop_requested()) break;
}

Task<> Together(IOCP_Client& client, std::string password);
Task<> Together(IOCP_Client& client, std::string password) {
    client.Spawn(Heartbeat, std::ref(client));
    co_await iocp::All(Read(client), Write(client));
    auto first = co_await iocp::Race(Read(client), iocp::Sleep(1min));
    co_await iocp::Sleep(100ms);
    iocp::Every tick(50ms);
    while (co_await tick.Next()) client.Post(".");
    co_await iocp::YieldNow();
    auto digest = co_await iocp::Offload(Hash, password);
}

Task<> Share(IOCP_Client& client, IOCP_CORE& core, std::uint64_t id, iocp::Room& room, iocp::Mutex& mutex,
             iocp::Semaphore& semaphore, iocp::Event& event, iocp::Channel<int>& channel);
Task<> Share(IOCP_Client& client, IOCP_CORE& core, std::uint64_t id, iocp::Room& room, iocp::Mutex& mutex,
             iocp::Semaphore& semaphore, iocp::Event& event, iocp::Channel<int>& channel) {
    client.Post("news\n");
    core.Post(id, "news\n");
    const auto seat = room.Join(client);
    room.Post("news\n");
    const auto lock = co_await mutex.Lock();
    const auto permit = co_await semaphore.Acquire();
    const auto happened = co_await event.Wait();
    co_await channel.Send(7);
    auto value = co_await channel.Receive();
}

Task<> GoOut(IOCP_Client& client, iocp::Endpoint endpoint);
Task<> GoOut(IOCP_Client& client, iocp::Endpoint endpoint) {
    auto server = co_await iocp::Connect("example.org", 80, {.within = 2s});
    auto peer = co_await iocp::Connect(endpoint, iocp::Transport::Udp);
    auto relayed = co_await iocp::Relay(client, *server);
}

void Serve(IOCP_CORE& core, iocp::Listener& listener, const iocp::Limits& limits, IOCP_Client& client);
void Serve(IOCP_CORE& core, iocp::Listener& listener, const iocp::Limits& limits, IOCP_Client& client) {
    listener.limits = {.clients = 10'000, .clients_per_address = 64, .first_byte = 10s, .idle = 5min};
    listener.on_full = iocp::OnFull::Disconnect;
    core.SetLimits(0, limits);
    core.Spawn(Greet(client));
    iocp::Options options;
    options.spin = 100us;
    core.StartPolled();
    while (core.Poll(5ms)) break;
}
