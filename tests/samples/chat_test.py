#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""chat as its users meet it: people with a line each."""
import socket
import unittest

from sample_test import ENGINE, ON_WINDOWS, PATIENCE, SampleTest, Server, connect, endpoint, main, sample

PROGRAM = sample("chat")
PEOPLE = 20 if ON_WINDOWS else 200


def start(*arguments):
    return Server(PROGRAM, "--engine", ENGINE, "--port", 0, *arguments, over=("tcp",))


class Person:
    def __init__(self, server, name):
        self.connection = connect(server.tcp)
        self.lines = self.connection.makefile("r", newline="\n")
        assert self.hears() == "Your name?"
        self.says(name)
        self.hears_until(f"* {name} is in lobby")

    def says(self, line):
        self.connection.sendall(line.encode() + b"\n")

    def hears(self):
        return self.lines.readline().rstrip("\n")

    def hears_until(self, line):
        while (heard := self.hears()) != line:
            assert heard, f"the end instead of {line}"

    def leaves(self):
        self.lines.close()
        self.connection.close()


class CommandLine(SampleTest):
    program = PROGRAM

    def test_help_names_every_option(self):
        self.check_help("--port N", "--address A", "--workers N", "--engine E", "--queue BYTES")

    def test_refuses_bad_arguments(self):
        self.check_bad_arguments(("--bogus", "--bogus"), ("--queue", "many", "many"))


class Talk(unittest.TestCase):
    def test_everybody_in_the_room_hears_it(self):
        with start() as server:
            people = [Person(server, f"p{i}") for i in range(PEOPLE)]
            for person in people[:-1]:
                person.hears_until(f"* p{PEOPLE - 1} is in lobby")
            people[3].says("hello")
            for person in people:
                self.assertEqual(person.hears(), "p3: hello")
            people[0].leaves()
            for person in people[1:]:
                self.assertEqual(person.hears(), "* p0 has left lobby")
            code, last, _ = server.stop()
            self.assertEqual((code, last), (0, f"totals: clients {PEOPLE}, cut off 0"))

    def test_rooms_do_not_hear_each_other(self):
        with start() as server:
            one, two, three = (Person(server, name) for name in ("one", "two", "three"))
            three.says("/join attic")
            one.hears_until("* three has left lobby")
            two.hears_until("* three has left lobby")
            three.hears_until("* three is in attic")
            one.says("down here")
            self.assertEqual(two.hears(), "one: down here")
            three.says("up here")
            self.assertEqual(three.hears(), "three: up here")

    def test_a_name_is_needed(self):
        with start() as server:
            for nameless in (b"\n", b"x" * 33 + b"\n"):
                with connect(server.tcp) as connection:
                    connection.sendall(nameless)
                    self.assertEqual(connection.makefile().read(), "Your name?\n")

    def test_a_slow_reader_is_cut_off_and_the_others_are_not(self):
        with start("--queue", 4096) as server:
            slow = socket.socket()
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.settimeout(PATIENCE)
            slow.connect(endpoint(server.tcp))
            slow.sendall(b"slow\n")
            loud, quiet = Person(server, "loud"), Person(server, "quiet")
            loud.hears_until("* quiet is in lobby")
            line = "x" * 1000
            said = 0
            while said < 50_000:
                loud.says(line)
                said += 1
                if loud.hears() == "* slow has left lobby":
                    break
                quiet.hears()
            self.assertLess(said, 50_000)
            code, last, _ = server.stop()
            self.assertEqual((code, last), (0, "totals: clients 3, cut off 1"))
            slow.close()


if __name__ == "__main__":
    main()
