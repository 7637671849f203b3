// SPDX-License-Identifier: MIT
// Asks its own server over loopback, and ends with 0 where the answer is right.
#include <iocp/iocp.h>

#include <cstdio>
#include <future>

namespace {

class Upper final : public IOCP_Protocol {
    iocp::Task<> ProcedureClient(IOCP_Client& client) override {
        while (auto message = co_await client.Recv()) {
            std::string answer(message.Text());
            for (char& letter : answer) letter = static_cast<char>(letter - 'a' + 'A');
            co_await client.Send(answer);
        }
    }
};

iocp::Task<> Ask(IOCP_CORE& core, std::promise<std::string>& answer) {
    std::string text;
    if (auto server = co_await iocp::Connect(core.Listening())) {
        co_await server->Send("hello");
        while (text.size() < 5) {
            auto more = co_await server->Recv();
            if (!more) break;
            text += more.Text();
        }
    }
    answer.set_value(text);
}

}  // namespace

int main() {
    IOCP_CORE core({{0, 1, std::make_shared<Upper>(), iocp::Transport::Tcp, "127.0.0.1"}});
    std::promise<std::string> answer;
    auto text = answer.get_future();
    core.Spawn(Ask(core, answer));
    core.Start(1);
    const bool right = text.get() == "HELLO";
    core.Stop();
    std::puts(right ? "the consumer was answered" : "the consumer was not answered");
    return right ? 0 : 1;
}
