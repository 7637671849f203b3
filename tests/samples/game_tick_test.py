#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""game_tick as a player meets it: snapshots over UDP, 60 a second."""
import re
import unittest

from sample_test import ENGINE, SampleTest, Server, datagram_socket, endpoint, main, sample

PROGRAM = sample("game_tick")
BOTS = 64


def start(*arguments):
    return Server(PROGRAM, "--engine", ENGINE, "--port", 0, *arguments, over=("udp",))


def step_and_players(snapshot):
    number, _, rest = snapshot.partition(b"\n")
    return int(number), [rest[i:i + 3] for i in range(0, len(rest), 3)]


class CommandLine(SampleTest):
    program = PROGRAM

    def test_help_names_every_option(self):
        self.check_help("--port N", "--address A", "--workers N", "--engine E", "--bots N", "--view N")

    def test_refuses_bad_arguments(self):
        self.check_bad_arguments(("--bots", "x", "x"), ("--view", "61", "61"))


class Play(unittest.TestCase):
    def test_a_player_moves_where_it_says(self):
        with start() as server, datagram_socket() as player:
            player.sendto(b"v", endpoint(server.udp))
            places = []
            while len(places) < 20:
                step, players = step_and_players(player.recv(65_536))
                self.assertEqual(len(players), 1)
                places.append((step, players[0]))
            for (before, a), (after, b) in zip(places, places[1:]):
                self.assertEqual(b[0], a[0])
                self.assertEqual((b[1] - a[1]) % 16, (after - before) % 16)
                self.assertEqual(b[2:], b"v")

    def test_many_bots_hear_every_snapshot(self):
        with start("--bots", BOTS) as server, datagram_socket() as player:
            player.sendto(b">", endpoint(server.udp))
            players = []
            while len(players) < BOTS + 1:
                _, players = step_and_players(player.recv(65_536))
            code, last, _ = server.stop()
            self.assertEqual(code, 0)
            totals = {name: int(number) for name, number in re.findall(r"([a-z ]+) (\d+)", last)}
            self.assertGreater(totals[", heard by bots" if ", heard by bots" in totals else " heard by bots"], 0)


if __name__ == "__main__":
    main()
