#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""embed as its users meet it: an application that answers between its frames."""
import unittest

from sample_test import ENGINE, SampleTest, Server, connect, main, sample

PROGRAM = sample("embed")


def start(*arguments):
    return Server(PROGRAM, "--engine", ENGINE, "--port", 0, *arguments, over=("tcp",))


class CommandLine(SampleTest):
    program = PROGRAM

    def test_help_names_every_option(self):
        self.check_help("--port N", "--address A", "--workers N", "--engine E", "--frames N")

    def test_ends_after_its_frames(self):
        done = self.run_sample("--engine", ENGINE, "--port", 0, "--frames", 5)
        self.assertEqual(done.returncode, 0)
        self.assertIn("totals: frames 5, questions 0", done.stdout.decode())


class Loop(unittest.TestCase):
    def test_clients_see_the_frames_go_by(self):
        with start() as server, connect(server.tcp) as connection:
            lines = connection.makefile("rw", newline="\n")
            counts = []
            while len(set(counts)) < 3:
                lines.write("frames\n")
                lines.flush()
                counts.append(int(lines.readline()))
            self.assertEqual(counts, sorted(counts))
            lines.write("what\n")
            lines.flush()
            self.assertEqual(lines.readline(), "?\n")
            code, last, _ = server.stop()
            self.assertEqual(code, 0)
            self.assertRegex(last, rf"^totals: frames \d+, questions {len(counts) + 1}$")

    def test_a_client_ends_it(self):
        with start() as server, connect(server.tcp) as connection:
            connection.sendall(b"quit\n")
            self.assertEqual(connection.makefile().read(), "?\n")
            self.assertEqual(server.process.wait(timeout=60), 0)


if __name__ == "__main__":
    main()
