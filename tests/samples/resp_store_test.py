#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""resp_store as Redis's own programs meet it, and byte by byte."""
import subprocess
import unittest

from sample_test import ENGINE, ON_WINDOWS, PATIENCE, SampleTest, Server, connect, main, receive, sample

PROGRAM = sample("resp_store")
REQUESTS = 500 if ON_WINDOWS else 2_000


def start(*arguments):
    return Server(PROGRAM, "--engine", ENGINE, "--port", 0, *arguments, over=("tcp",))


def port(server):
    return server.tcp.rpartition(":")[2]


class CommandLine(SampleTest):
    program = PROGRAM

    def test_help_names_every_option(self):
        self.check_help("--port N", "--address A", "--workers N", "--engine E")


class ByItsOwnPrograms(unittest.TestCase):
    def test_redis_cli(self):
        with start() as server:
            for words, expected in (
                    ("ping", "PONG"), ("echo hello", "hello"), ("set a 1", "OK"), ("get a", "1"), ("incr a", "2"),
                    ("get none", ""), ("mset b 1 c 2", "OK"), ("del a b none", "2"), ("lpush l x y z", "3"),
                    ("lrange l 0 -1", "z\ny\nx"), ("lrange l -2 -1", "y\nx"), ("expire c 100", "1"), ("expire none 1", "0"),
                    ("get l", "WRONGTYPE Operation against a key holding the wrong kind of value"),
                    ("get", "ERR wrong number of arguments for 'GET'"), ("bogus", "ERR unknown command 'bogus'"),
                    ("expire c 0", "1"), ("get c", ""), ("hello 2", "server\nresp_store\nversion\n1.0\nproto\n2"),
                    ("config get save", "save"), ("quit", "OK")):
                with self.subTest(words):
                    done = subprocess.run(["redis-cli", "-p", port(server), *words.split()], capture_output=True,
                                          text=True, timeout=PATIENCE, check=False)
                    self.assertEqual(done.stdout.strip(), expected)

    def test_redis_benchmark(self):
        with start() as server:
            done = subprocess.run(
                ["redis-benchmark", "-p", port(server), "-t", "ping,set,get,incr,lpush,lrange,mset", "-P", "16", "-q",
                 "-n", str(REQUESTS)], capture_output=True, text=True, timeout=240, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertNotIn("rror", done.stdout + done.stderr)
            self.assertIn("MSET", done.stdout)
            code, last, _ = server.stop()
            self.assertEqual(code, 0)
            self.assertGreaterEqual(int(last.split()[-1]), 12 * REQUESTS)


class ByteByByte(unittest.TestCase):
    COMMANDS = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\nb\0\r\n*2\r\n$3\r\nget\r\n$1\r\nk\r\nPING\r\n\r\nPING you\r\n"
    REPLIES = b"+OK\r\n$5\r\na\r\nb\0\r\n+PONG\r\n$3\r\nyou\r\n"

    def test_pieces_make_no_difference(self):
        with start() as server:
            for size in (1, 2, 7, len(self.COMMANDS)):
                with self.subTest(size), connect(server.tcp) as connection:
                    for at in range(0, len(self.COMMANDS), size):
                        connection.sendall(self.COMMANDS[at:at + size])
                    self.assertEqual(receive(connection, len(self.REPLIES)), self.REPLIES)

    def test_nonsense_ends_the_connection(self):
        with start() as server:
            for nonsense in (b"*x\r\n", b"*1\r\n$-5\r\n", b"*1\r\nPING\r\n", b"*99999999\r\n", b"*1\r\n$99999999999\r\n"):
                with self.subTest(nonsense), connect(server.tcp) as connection:
                    connection.sendall(nonsense)
                    self.assertEqual(receive(connection, 100), b"-ERR Protocol error\r\n")


if __name__ == "__main__":
    main()
