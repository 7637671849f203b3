# SPDX-License-Identifier: MIT
"""What the tests of the samples share. Each is run like this:

  tests/samples/echo_server_test.py --samples build/dev/samples --engine epoll [a name, or -v, as for unittest]
"""
import argparse
import re
import socket
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "acceptance"))
from serving import ROOT, Failed, Program, Server, endpoint  # noqa: E402, F401

PATIENCE = 60  # seconds, for what hangs


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=Path, default=ROOT / "build/dev/samples", help="folder of the programs")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--wine", type=Path, help="they are Windows programs, and this is the Wine prefix")
    parser.add_argument("--refuse", type=Path, help="the program that makes the kernel refuse io_uring")
    return parser.parse_known_args()


OPTIONS, REST = parse_options()
ENGINE = OPTIONS.engine
ON_WINDOWS = OPTIONS.wine is not None or sys.platform == "win32"


def sample(name):
    return Program(OPTIONS.samples.resolve() / (name + (".exe" if ON_WINDOWS else "")), OPTIONS.wine)


def main():
    unittest.main(module="__main__", argv=[sys.argv[0], *REST])


def connect(text):
    return socket.create_connection(endpoint(text), timeout=PATIENCE)


def datagram_socket(host="127.0.0.1"):
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(PATIENCE)
    made.bind((host, 0))
    return made


def receive(connection, size):
    """All of them, or those before the end."""
    parts = []
    while size > 0 and (part := connection.recv(min(size, 1 << 16))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class SampleTest(unittest.TestCase):
    program = None  # a Program

    def run_sample(self, *arguments, launcher=(), stderr=subprocess.PIPE, **how):
        if "input" not in how:
            how["stdin"] = subprocess.DEVNULL
        return subprocess.run([*map(str, launcher), *self.program.command(*arguments)], stdout=subprocess.PIPE,
                              stderr=stderr, timeout=PATIENCE, check=False, **how)

    def refused(self, code, *arguments, named="", **how):
        """It ends with this exit code, after one sentence on standard error that names the culprit."""
        done = self.run_sample(*arguments, **how)
        said = done.stderr.decode().splitlines()
        self.assertEqual(done.returncode, code, said)
        sentences = [line for line in said if not re.search(r" [kM]B in [\d.]+ s$", line)]  # the others are progress
        self.assertEqual(len(sentences), 1, said)
        self.assertIn(named, sentences[0])
        return sentences[0]

    def check_help(self, *options):
        done = self.run_sample("--help")
        text = done.stdout.decode()
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        for option in (*options, "--help"):
            self.assertRegex(text, rf"(?m)^  {option}\b.* [a-z]")

    def check_bad_arguments(self, *cases):
        """Each is a sequence of words; the last names the culprit."""
        for *arguments, named in cases:
            with self.subTest(arguments):
                self.refused(2, *arguments, named=named)
