// SPDX-License-Identifier: MIT
// A chat over lines of text: whoever connects says a name, picks a room with "/join ROOM", and hears what is said there.
// Try it with several "nc 127.0.0.1 12345". Who reads too slowly is cut off.
#include "common/arguments.h"
#include "common/server_options.h"

#include <iocp/iocp.h>

#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;

// The rooms that there are; a room stays when the last one leaves it.
class Rooms {
public:
    iocp::Room& Named(const std::string& name) {
        const std::lock_guard lock(mutex_);
        return rooms_[name];
    }

private:
    std::mutex mutex_;
    std::map<std::string, iocp::Room> rooms_;
};

// Only its own handler touches it, so it needs no lock.
struct ChatClient final : IOCP_Client {
    std::string name;
};

class ChatProtocol final : public iocp::ProtocolFor<ChatClient> {
    iocp::Task<> ProcedureClient(ChatClient& client) override {
        co_await client.Send("Your name?\n");
        const auto name = co_await client.RecvLine(kLongestName).Within(30s);
        if (!name || name.Text().empty()) co_return;
        client.name = name.Text();

        std::string room = "lobby";
        while (!room.empty()) room = co_await TalkIn(room, client);
    }

    // Yields the room to go to next; none at the end.
    iocp::Task<std::string> TalkIn(const std::string& name, ChatClient& client) {
        iocp::Room& room = rooms_.Named(name);
        const auto seat = room.Join(client);
        room.Post("* " + client.name + " is in " + name + "\n");
        std::string next;
        while (const auto line = co_await client.RecvLine(kLongestLine)) {
            if (line.Text().starts_with(kJoin)) {
                next = line.Text().substr(kJoin.size());
                break;
            }
            room.Post(client.name + ": " + std::string(line.Text()) + "\n");
        }
        room.PostToOthers(client, "* " + client.name + " has left " + name + "\n");
        co_return next;
    }

    static constexpr std::size_t kLongestName = 32;
    static constexpr std::size_t kLongestLine = 1'024;
    static constexpr std::string_view kJoin = "/join ";

    Rooms rooms_;
};

int main(int count, char** values) {
    ServerOptions options;
    std::size_t queue = 256 << 10;
    Arguments arguments("chat", "A chat over lines of text: say a name, then talk. /join ROOM goes elsewhere.");
    options.AddTo(arguments);
    arguments.Add("--queue BYTES", "what may wait for a slow reader before it is cut off",
                  Number(queue, std::size_t{1'024}, std::size_t{1} << 30));
    if (const auto exit_code = arguments.Read(count, values)) return *exit_code;

    iocp::Listener listener(options.port, 1, std::make_shared<ChatProtocol>(), iocp::Transport::Tcp, options.address);
    listener.max_posted_bytes = queue;
    listener.on_full = iocp::OnFull::Disconnect;
    IOCP_CORE server({listener}, options.core);
    if (!RunUntilCtrlC(server, options.workers)) return 1;

    const auto counters = server.Counters();
    std::cout << "totals: clients " << counters.clients_accepted << ", cut off " << counters.slow_clients_closed << '\n';
}
