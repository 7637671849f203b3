// SPDX-License-Identifier: MIT
// A chat over lines of text: whoever connects says a name, picks a room with "/join ROOM", and hears what is said
// there.
#pragma once

#include <iocp/iocp.h>

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

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
        const auto name = co_await client.RecvLine(kLongestName).Within(kNameWithin);
        if (!name || name.Text().empty()) co_return;
        client.name = name.Text();

        std::string room = "lobby";
        while (!room.empty())
            room = co_await TalkIn(room, client);
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

    static constexpr std::chrono::seconds kNameWithin{30};
    static constexpr std::size_t kLongestName = 32;
    static constexpr std::size_t kLongestLine = 1'024;
    static constexpr std::string_view kJoin = "/join ";

    Rooms rooms_;
};
