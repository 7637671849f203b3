// SPDX-License-Identifier: MIT
#include "chat_evening.h"
#include "samples/chat_protocol.h"

namespace {

class ForgetfulChat final : public iocp::ProtocolFor<ChatClient> {
    iocp::Task<> ProcedureClient(ChatClient& client) override {
        co_await client.Send("Your name?\n");
        client.name = co_await TakeLine(client);
        std::string room = client.name.empty() ? "" : "lobby";
        while (!room.empty()) room = co_await TalkIn(room, client);
    }

    iocp::Task<std::string> TalkIn(const std::string& name, ChatClient& client) {
        iocp::Room& room = rooms_.Named(name);
        const auto seat = room.Join(client);
        room.Post("* " + client.name + " is in " + name + "\n");
        std::string line = co_await TakeLine(client);
        while (!line.empty() && !line.starts_with("/join ")) {
            room.Post(client.name + ": " + line + "\n");
            line = co_await TakeLine(client);
        }
        room.PostToOthers(client, "* " + client.name + " has left " + name + "\n");
        co_return line.empty() ? line : line.substr(6);
    }

    iocp::Task<std::string> TakeLine(ChatClient& client) {
        std::string line;
        while (line.find('\n') == std::string::npos) {
            const auto more = co_await client.Recv();
            if (!more) co_return "";
            line += more.Text();
        }
        line.resize(line.find('\n'));
        if (line.ends_with('\r')) line.pop_back();
        co_return line;
    }

    Rooms rooms_;
};

}  // namespace

std::shared_ptr<IOCP_Protocol> MakeForgetfulChat() { return std::make_shared<ForgetfulChat>(); }
