#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""echo_client as its users meet it, with our server and with servers that do it wrong."""
import contextlib
import os
import re
import socket
import struct
import tempfile
import threading
from pathlib import Path

from sample_test import ENGINE, ON_WINDOWS, SampleTest, Server, datagram_socket, main, receive, sample

UNDER_WINE = ENGINE == "iocp" and os.name != "nt"
PROGRAM = sample("echo_client")
SERVER = sample("echo_server")
# What a system that takes it for text would change: line ends, the end of file of old, bytes that are no UTF-8.
NO_TEXT = b"\r\n\x1a\0\xff\n" * 2000


@contextlib.contextmanager
def stream_server(serve):
    """Where a server listens that does `serve` with one connection."""
    def run():
        connection, _ = listener.accept()
        with connection:
            serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


@contextlib.contextmanager
def datagram_server(answers):
    """Where a server listens that sends back for each datagram those that `answers` makes of it."""
    def run():
        while True:
            datagram, sender = server.recvfrom(65_536)
            if datagram == b"":
                return
            for answer in answers(datagram):
                server.sendto(answer, sender)

    with datagram_socket() as server:
        server.settimeout(None)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        with datagram_socket() as last:
            last.sendto(b"", server.getsockname())
        thread.join()


def echo_until(position, end):
    """Serves a connection: echoes so many bytes, then does `end` with it."""
    def serve(connection):
        left = position
        while left > 0 and (data := connection.recv(left)):
            connection.sendall(data)
            left -= len(data)
        end(connection)
    return serve


def close(connection):
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65_536):
        pass


def reset(connection):
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def flip(data, position):
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1:]


def end_with_a_wrong_byte(connection):
    connection.sendall(flip(connection.recv(1000, socket.MSG_WAITALL), 77))
    close(connection)  # what came and was not read would make it a reset, which may overtake the byte


class CommandLine(SampleTest):
    program = PROGRAM

    def test_help_names_every_option(self):
        self.check_help("--connect A:PORT", "--transport T", "--block BYTES", "--timeout MS", "--engine E", "FILE")

    def test_refuses_bad_arguments(self):
        self.check_bad_arguments(
            ("--bogus", "--bogus"), ("--connect", "localhost:80", "localhost:80"), ("--connect", "127.0.0.1", "127.0.0.1"),
            ("--connect", "127.0.0.1:0", "127.0.0.1:0"), ("--connect", "[::1:80", "[::1:80"), ("--transport", "sctp", "sctp"),
            ("--block", "65537", "65537"), ("--transport", "udp", "--block", "65500", "65499"), ("--timeout", "9", "9"),
            ("--engine", "x", "x"), ("one", "two", "two"))

    def test_names_the_input_that_is_missing(self):
        self.refused(1, "no such file", named="no such file")

    def test_never_replaces_an_engine_that_was_asked_for(self):
        other = "epoll" if ON_WINDOWS else "iocp"
        self.refused(1, "--engine", other, named=other)


class Client(SampleTest):
    program = PROGRAM

    def client(self, where, *arguments, **how):
        return self.run_sample("--engine", ENGINE, "--connect", where, *arguments, **how)

    def fails(self, named, where, *arguments, data=NO_TEXT):
        return self.refused(1, "--engine", ENGINE, "--connect", where, *arguments, input=data, named=named)

    def matched(self, done, size):
        """It said that so many bytes came back; yields what else it said."""
        report = done.stdout.decode()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(report, rf"^engine {ENGINE}\r?\n{size} bytes came back byte for byte")
        if size > 0:
            self.assertRegex(report, r"throughput +[\d.]+ MB/s")
            times = re.search(r"round trip +min ([\d.]+) ms, median ([\d.]+) ms, p99 ([\d.]+) ms, max ([\d.]+) ms", report)
            values = [float(each) for each in times.groups()]
            self.assertEqual(values, sorted(values))
        return report


class WithOurServer(Client):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(SERVER, "--engine", ENGINE, "--port", 0)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_sends_a_file(self):
        data = os.urandom(10_000_000)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "input")
            path.write_bytes(data)
            done = self.client(self.server.tcp, path)
        self.matched(done, len(data))
        self.assertRegex(done.stderr.decode(), r"(?m)^100\.0 %  10\.0 MB in ")

    def test_sends_standard_input_as_it_is(self):
        self.matched(self.client(self.server.tcp, input=NO_TEXT), len(NO_TEXT))
        self.matched(self.client(self.server.udp, "--transport", "udp", "-", input=NO_TEXT), len(NO_TEXT))

    def test_sends_nothing(self):
        self.matched(self.client(self.server.tcp, input=b""), 0)

    def test_sends_blocks_of_any_size(self):
        for transport, where, sizes in (("tcp", self.server.tcp, (1, 999, 65_536)), ("udp", self.server.udp, (1, 65_499))):
            for block in sizes:
                data = os.urandom(min(3 * block + 1, 200_000))
                with self.subTest(transport, block=block):
                    done = self.client(where, "--transport", transport, "--block", block, input=data)
                    report = self.matched(done, len(data))
                    self.assertIn(f"in blocks of {block}", report)
                    self.assertEqual("lost        0 datagrams" in report, transport == "udp")


class WithServersThatFail(Client):
    def test_names_who_does_not_listen(self):
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            where = f"127.0.0.1:{bound.getsockname()[1]}"
            self.fails(f"cannot connect to tcp {where}", where)

    def test_finds_the_first_wrong_byte(self):
        with stream_server(echo_until(4000, end_with_a_wrong_byte)) as where:
            self.fails("byte 4077 came back as", where)
        with datagram_server(lambda datagram: [flip(datagram, 77)]) as where:
            self.fails("byte 77 came back as", where, "--transport", "udp")

    def test_finds_a_byte_too_much(self):
        def serve(peer):
            for _ in range(2):
                peer.sendall(receive(peer, 6000) + b"+")

        with stream_server(serve) as where:
            self.fails("came back", where, "--block", 6000)  # as one too many, or as a wrong one of the next block

    def test_finds_a_datagram_cut_short(self):
        with datagram_server(lambda datagram: [datagram[:-1]]) as where:
            self.fails("cut short", where, "--transport", "udp")

    def test_tells_how_the_server_was_lost(self):
        for why, end in (("closed", close), ("reset", reset)):
            # Wine's server reads SO_ERROR before it wakes who receives, so the reset may look like the end of the stream.
            told = "was lost after 5000 bytes" if why == "reset" and UNDER_WINE else why
            with self.subTest(why), stream_server(echo_until(5000, end)) as where:
                self.fails(told, where, "--block", 5000)

    def test_does_not_wait_for_ever(self):
        quiet = threading.Event()
        with stream_server(lambda _: quiet.wait()) as where:
            self.fails("timeout", where, "--timeout", 200)
            quiet.set()


class OverLossyDatagrams(Client):
    def check_lost(self, answers, blocks):
        """Each datagram beyond one for each block was lost, as far as the client can know."""
        received = []

        def answer(datagram):
            received.append(datagram)
            return answers(received)

        with datagram_server(answer) as where:
            block = len(NO_TEXT) // blocks
            done = self.client(where, "--transport", "udp", "--timeout", 1000, "--block", block, input=NO_TEXT)
        self.assertEqual(len(set(received)), blocks)
        self.assertGreater(len(received), blocks)
        self.assertIn(f"lost        {len(received) - blocks} datagrams", self.matched(done, len(NO_TEXT)))

    def test_sends_again_and_reports_it(self):
        self.check_lost(lambda received: received[-1:] if len(received) % 3 != 0 else [], blocks=8)

    def test_knows_an_answer_that_comes_late(self):
        # What it would not wait for comes with a later answer, and then is no wrong answer to that block.
        self.check_lost(lambda received: received[-3:] if len(received) > 2 else [], blocks=4)

    def test_gives_up_when_nothing_comes_back(self):
        received = []

        def answers(datagram):
            received.append(datagram)
            return []

        with datagram_server(answers) as where:
            self.fails("no answer to 5 datagrams", where, "--transport", "udp", "--timeout", 500)
        self.assertEqual(len(received), 5)
        self.assertEqual(len(set(received)), 1)


if __name__ == "__main__":
    main()
