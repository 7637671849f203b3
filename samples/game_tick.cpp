// SPDX-License-Identifier: MIT
// The server of a game over UDP: 60 times a second it moves everybody one step and tells each player where all are.
// A player sends a direction, one byte: '<', '>', '^' or 'v'. With --bots it has players of its own; with --view it
// draws the world. One worker runs it all, so the world needs no lock.
#include "common/arguments.h"
#include "common/server_options.h"

#include <iocp/iocp.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <set>
#include <string>

using namespace std::chrono_literals;

constexpr int kWidth = 64;
constexpr int kHeight = 16;

struct Player final : IOCP_Client {
    int x = 0;
    int y = 0;
    char direction = '>';

    void Step() {
        if (direction == '<') x = (x + kWidth - 1) % kWidth;
        if (direction == '>') x = (x + 1) % kWidth;
        if (direction == '^') y = (y + kHeight - 1) % kHeight;
        if (direction == 'v') y = (y + 1) % kHeight;
    }
};

class Game final : public iocp::ProtocolFor<Player> {
public:
    std::uint64_t steps = 0;
    std::uint64_t missed = 0;
    std::uint64_t snapshots = 0;  // sent
    std::uint64_t heard = 0;      // by bots

    // The game's beat. `pictures` a second are drawn.
    iocp::Task<> Run(unsigned pictures) {
        iocp::Every tick(1s / 60);
        while (co_await tick.Next()) {
            ++steps;
            for (Player* player : players_) player->Step();
            snapshots += room_.Post(Snapshot());
            if (pictures > 0 && steps % (60 / pictures) == 0) std::cout << Picture() << std::flush;
        }
        missed = tick.Missed();
    }

    // A player that turns now and then, and counts the snapshots that it hears.
    iocp::Task<> Play(iocp::Endpoint server, unsigned seed) {
        auto connection = co_await iocp::Connect(server, iocp::Transport::Udp);
        iocp::Outcome last = iocp::Outcome::Timeout;
        while (connection && last == iocp::Outcome::Timeout) {
            seed = seed * 1'103'515'245 + 12'345;
            const std::string direction(1, "<>^v"[seed >> 16 & 3]);
            co_await connection->Send(direction);
            const auto until = iocp::Now() + 200ms;
            for (last = iocp::Outcome::Ok; last == iocp::Outcome::Ok;) {
                const auto snapshot = co_await connection->Recv().Until(until);
                last = snapshot.Why();
                heard += snapshot ? 1 : 0;
            }
        }
    }

private:
    iocp::Task<> ProcedureClient(Player& player) override {
        player.x = static_cast<int>(player.Id() * 7 % kWidth);
        player.y = static_cast<int>(player.Id() * 3 % kHeight);
        players_.insert(&player);
        const auto seat = room_.Join(player);
        while (const auto message = co_await player.Recv())
            if (message.size() == 1) player.direction = message.Text().front();
    }
    void DeleteClient(Player& player) override { players_.erase(&player); }

    // The step's number, and three bytes for each player: its place, and where it goes.
    [[nodiscard]] std::string Snapshot() const {
        std::string all = std::to_string(steps) + '\n';
        for (const Player* player : players_)
            all.append({static_cast<char>(player->x), static_cast<char>(player->y), player->direction});
        return all;
    }

    [[nodiscard]] std::string Picture() const {
        std::string lines;
        for (int y = 0; y < kHeight; ++y) lines += std::string(kWidth, '.') + '\n';
        for (const Player* player : players_)
            lines[static_cast<std::size_t>(player->y * (kWidth + 1) + player->x)] = player->direction;
        return "\x1b[H\x1b[J" + lines + "players " + std::to_string(players_.size()) + '\n';  // from the top left
    }

    std::set<Player*> players_;
    iocp::Room room_;
};

class GameServer final : public IOCP_CORE {
public:
    GameServer(const iocp::Listener& listener, const iocp::Options& options, std::shared_ptr<Game> game, unsigned bots,
               unsigned pictures)
        : IOCP_CORE({listener}, options), game_(std::move(game)), bots_(bots), pictures_(pictures) {}
    ~GameServer() override { Stop(); }

private:
    void OnStart() override {
        IOCP_CORE::OnStart();
        Spawn(game_->Run(pictures_));
        for (unsigned i = 0; i < bots_; ++i) Spawn(game_->Play(Listening(), i * 7'919));
    }

    std::shared_ptr<Game> game_;
    unsigned bots_;
    unsigned pictures_;
};

int main(int count, char** values) {
    ServerOptions options;
    unsigned bots = 0;
    unsigned pictures = 0;
    Arguments arguments("game_tick", "A game over UDP: 60 steps a second, and a snapshot to each player after each.");
    options.AddTo(arguments);
    arguments.Add("--bots N", "players of its own", Number(bots, 0U, 1'000U));
    arguments.Add("--view N", "draws the world in the terminal, N times a second", Number(pictures, 0U, 60U));
    if (const auto exit_code = arguments.Read(count, values)) return *exit_code;

    const auto game = std::make_shared<Game>();
    const iocp::Listener listener(options.port, 1, game, iocp::Transport::Udp, options.address);
    GameServer server(listener, options.core, game, bots, pictures);
    if (!RunUntilCtrlC(server, 1)) return 1;
    std::cout << "totals: steps " << game->steps << ", missed " << game->missed << ", snapshots " << game->snapshots
              << ", heard by bots " << game->heard << '\n';
}
