#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""proxy as its users meet it: in front of a server, behind haproxy, and with curl."""
import contextlib
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sample_test import ENGINE, ON_WINDOWS, PATIENCE, SampleTest, Server, connect, main, receive, sample

PROGRAM = sample("proxy")
PAGE = os.urandom(1 << 20)
MUCH = (8 << 20) if ON_WINDOWS else (64 << 20)
HAPROXY = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")  # where a user's path may not lead
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def start(to, *arguments):
    return Server(PROGRAM, "--engine", ENGINE, "--port", 0, "--to", to, *arguments, over=("tcp",))


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def pages():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextlib.contextmanager
def plain_server(serve):
    """Where a server listens that does `serve` with each connection."""
    def run():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=run, daemon=True).start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def tell_first(size):
    """A server's part that sends back in one piece the first bytes that come."""
    def serve(connection):
        with connection, contextlib.suppress(OSError):
            connection.sendall(receive(connection, size))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 16):  # a close with unread bytes would be a reset, which may overtake the answer
                pass
    return serve


class CommandLine(SampleTest):
    program = PROGRAM

    def test_help_names_every_option(self):
        self.check_help("--port N", "--address A", "--workers N", "--engine E", "--to HOST:PORT", "--send-proxy V",
                        "--trust RANGES")

    def test_refuses_bad_arguments(self):
        self.check_bad_arguments(("--to", "nowhere", "nowhere"), ("--to", "host:0", "host:0"), ("--send-proxy", "3", "3"),
                                 ("--trust", "10.0.0.0/33", "10.0.0.0/33"), ("--trust", "name", "name"))


class Passing(unittest.TestCase):
    def test_curl_gets_the_page(self):
        with pages() as behind, start(behind) as proxy:
            for _ in range(3):
                got = subprocess.run(["curl", "-sS", "--noproxy", "*", f"http://{proxy.tcp}/"], capture_output=True,
                                     timeout=PATIENCE, check=True).stdout
                self.assertTrue(got == PAGE)

    def test_much_goes_both_ways_at_once(self):
        def serve(connection):
            with connection:
                sender = threading.Thread(target=connection.sendall, args=(there,))
                sender.start()
                heard.append(hashlib.sha256(receive(connection, MUCH)).digest())
                sender.join()

        here, there = os.urandom(MUCH), os.urandom(MUCH)
        heard = []
        with plain_server(serve) as behind, start(behind) as proxy, connect(proxy.tcp) as connection:
            sender = threading.Thread(target=connection.sendall, args=(here,))
            sender.start()
            back = receive(connection, MUCH)
            sender.join()
            self.assertTrue(back == there)
            self.assertEqual(connection.recv(1), b"")
            self.assertEqual(heard, [hashlib.sha256(here).digest()])
            connection.close()
            code, last, _ = proxy.stop()
            self.assertEqual(code, 0)
            self.assertIn(f"bytes {MUCH} forth, {MUCH} back", last)

    def test_an_end_is_passed_on_while_the_other_way_goes_on(self):
        def serve(connection):
            with connection:
                said = receive(connection, 100)  # to the end
                connection.sendall(said + b", and bye")

        with plain_server(serve) as behind, start(behind) as proxy, connect(proxy.tcp) as connection:
            connection.sendall(b"hello")
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(receive(connection, 100), b"hello, and bye")

    def test_a_server_that_is_not_there(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with start(f"localhost:{port}") as proxy, connect(proxy.tcp) as connection:
            self.assertEqual(connection.recv(1), b"")
            code, last, _ = proxy.stop()
            self.assertEqual(code, 0)
            self.assertIn("not connected 1", last)


class Headers(unittest.TestCase):
    def test_it_tells_who_the_client_is(self):
        for version in (1, 2):
            size = 28 if version == 2 else 0
            with self.subTest(version), plain_server(tell_first(size or 1)) as behind:
                with start(behind, "--send-proxy", version) as proxy, connect(proxy.tcp) as connection:
                    mine, its = connection.getsockname()[1], connection.getpeername()[1]
                    line = f"PROXY TCP4 127.0.0.1 127.0.0.1 {mine} {its}\r\n".encode()
                    binary = SIGNATURE + struct.pack("!BBH4s4sHH", 0x21, 0x11, 12, b"\x7f\0\0\1", b"\x7f\0\0\1", mine, its)
                    expected = line[:1] if version == 1 else binary
                    self.assertEqual(receive(connection, 100), expected)

    def test_it_believes_those_who_are_trusted(self):
        line = b"PROXY TCP6 2001:db8::1 2001:db8::2 1000 2000\r\n"
        binary = SIGNATURE + struct.pack("!BBH4s4sHH3s", 0x21, 0x11, 15, b"\1\2\3\4", b"\5\6\7\x08", 10, 20, b"tlv")
        local = SIGNATURE + struct.pack("!BBH", 0x20, 0, 0)
        told = b"PROXY TCP4 1.2.3.4 5.6.7.8 10 20\r\n"
        for header, expected in ((line, line), (binary, told), (b"PROXY UNKNOWN\r\n", None), (local, None)):
            with self.subTest(header), plain_server(tell_first(len(expected or b"PROXY TCP4 127."))) as behind:
                with start(behind, "--send-proxy", 1, "--trust", "10.0.0.0/8,127.0.0.0/24") as proxy:
                    with connect(proxy.tcp) as connection:
                        connection.sendall(header)
                        connection.sendall(b"GET")
                        self.assertEqual(receive(connection, len(expected or b"PROXY TCP4 127.")),
                                         expected or b"PROXY TCP4 127.")

    def test_a_wrong_header_of_a_trusted_one_ends_the_connection(self):
        with plain_server(tell_first(1)) as behind, start(behind, "--trust", "127.0.0.1") as proxy:
            wrong = (b"GET / HTTP/1.1\r\n", b"PROXY TCP4 1.2.3.4\r\n", b"P" + b"x" * 200, SIGNATURE[:11] + b"x" + b"\0" * 4,
                     SIGNATURE + b"\x21\x11\0\3abc", SIGNATURE + b"\x31\x11\0\0", b"PROXY TCP4 ::1 ::1 1 2\r\n")
            for header in wrong:
                with self.subTest(header), connect(proxy.tcp) as connection:
                    connection.sendall(header)
                    connection.shutdown(socket.SHUT_WR)
                    with contextlib.suppress(ConnectionResetError):
                        self.assertEqual(connection.recv(1), b"")
            code, last, _ = proxy.stop()
            self.assertIn(f"bad headers {len(wrong)}", last)
            self.assertEqual(code, 0)

    def test_a_header_of_a_stranger_is_only_bytes(self):
        header = b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"
        with plain_server(tell_first(len(header))) as behind, start(behind, "--trust", "10.0.0.0/8") as proxy:
            with connect(proxy.tcp) as connection:
                connection.sendall(header)
                self.assertEqual(receive(connection, len(header)), header)

    @unittest.skipIf(ON_WINDOWS, "haproxy is no Windows program")
    def test_behind_haproxy(self):
        with pages() as behind, start(behind, "--trust", "127.0.0.1") as proxy, tempfile.TemporaryDirectory() as folder:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            settings = Path(folder) / "haproxy.cfg"
            settings.write_text(f"""
defaults
    mode tcp
    timeout connect 10s
    timeout client 30s
    timeout server 30s
listen front
    bind 127.0.0.1:{port}
    server proxy {proxy.tcp} send-proxy-v2
""")
            with subprocess.Popen([HAPROXY, "-f", settings, "-db"], stderr=subprocess.DEVNULL) as haproxy:
                try:
                    got = subprocess.run(
                        ["curl", "-sS", "--noproxy", "*", "--retry", "20", "--retry-connrefused", "--retry-delay", "1",
                         f"http://127.0.0.1:{port}/"], capture_output=True, timeout=PATIENCE, check=True).stdout
                    self.assertTrue(got == PAGE)
                finally:
                    haproxy.kill()


if __name__ == "__main__":
    main()
