#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""echo_server as its users meet it."""
import contextlib
import os
import re
import signal
import socket
import threading

from sample_test import (ENGINE, ON_WINDOWS, OPTIONS, PATIENCE, Failed, SampleTest, Server, connect, datagram_socket, endpoint,
                         main, receive, sample)

PROGRAM = sample("echo_server")


def start(*arguments, **how):
    return Server(PROGRAM, "--engine", ENGINE, "--port", 0, *arguments, **how)


@contextlib.contextmanager
def start_on(port):
    """A server, or nothing where it ended at once."""
    try:
        server = Server(PROGRAM, "--engine", ENGINE, "--port", port)
    except Failed:
        yield None
        return
    with server:
        yield server


def exchange(connection, data):
    """Sends all and ends its side, while it receives to the end."""
    def send():
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    back = receive(connection, len(data) + 1)
    sender.join(PATIENCE)
    return back


def totals(line):
    return {name: int(number) for name, number in re.findall(r"(\w+) (\d+)", line)}


class CommandLine(SampleTest):
    program = PROGRAM

    def test_help_names_every_option(self):
        self.check_help("--port N", "--address A", "--workers N", "--engine E", "--spin US")

    def test_refuses_bad_arguments(self):
        self.check_bad_arguments(
            ("--bogus", "--bogus"), ("--port", "--port"), ("--port", "99999", "99999"), ("--port", "-1", "-1"),
            ("--port", "80x", "80x"), ("--port", "", "--port"), ("--port=x", "--port"), ("--workers", "257", "257"),
            ("--engine", "kqueue", "kqueue"), ("--address", "localhost", "localhost"), ("extra", "extra"))

    def test_names_the_port_in_use(self):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with self.subTest(kind), socket.socket(socket.AF_INET, kind) as taken:
                taken.bind(("127.0.0.1", 0))
                if kind == socket.SOCK_STREAM:
                    taken.listen()
                port = taken.getsockname()[1]
                self.refused(1, "--engine", ENGINE, "--port", port, named=f"127.0.0.1:{port}")

    def test_names_an_address_of_another_machine(self):
        self.refused(1, "--port", 0, "--address", "192.0.2.1", named="192.0.2.1")

    def test_never_replaces_an_engine_that_was_asked_for(self):
        other = "epoll" if ON_WINDOWS else "iocp"
        self.refused(1, "--port", 0, "--engine", other, named=other)


class Serving(SampleTest):
    program = PROGRAM

    def test_tells_its_engine_and_where_it_listens(self):
        with start() as server:
            self.assertEqual(server.engine, ENGINE)
            for listening in (server.tcp, server.udp):
                host, port = endpoint(listening)
                self.assertEqual(host, "127.0.0.1")
                self.assertGreater(port, 0)

    def test_serves_both_transports_on_the_port_that_it_is_given(self):
        for _ in range(20):  # somebody else may take the port meanwhile
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            with datagram_socket() as other, start_on(port) as server:
                if server is None:
                    continue
                self.assertEqual((server.tcp, server.udp), (f"127.0.0.1:{port}",) * 2)
                other.sendto(b"both", ("127.0.0.1", port))
                self.assertEqual(other.recv(10), b"both")
                with connect(server.tcp) as client:
                    self.assertEqual(exchange(client, b"both"), b"both")
                return
        self.fail("no port was free for both")

    def test_answers_all_after_a_client_has_ended_its_side(self):
        data = os.urandom(4 << 20)
        with start() as server, connect(server.tcp) as client:
            self.assertEqual(exchange(client, data), data)

    def test_serves_clients_at_once(self):
        with start("--workers", 3) as server:
            clients = [connect(server.tcp) for _ in range(50)]
            for i, client in enumerate(clients):
                client.sendall(b"%d" % i * 100)
            for i, client in enumerate(clients):
                self.assertEqual(receive(client, len(b"%d" % i * 100)), b"%d" % i * 100)
            for client in clients:
                client.close()

    def test_answers_datagrams_whole(self):
        with start() as server, datagram_socket() as peer:
            for size in (1, 0, 1200, 9216, 65_507):
                datagram = os.urandom(size)
                peer.sendto(datagram, endpoint(server.udp))
                self.assertEqual(peer.recvfrom(65_536), (datagram, endpoint(server.udp)))

    def test_loses_no_datagram_of_peers_on_several_workers(self):
        def talk(peer, to):
            for i in range(300):
                datagram = b"%d" % i
                peer.sendto(datagram, to)
                if peer.recv(100) == datagram:
                    answered.append(datagram)

        answered = []
        with start("--workers", 4) as server, contextlib.ExitStack() as stack:
            peers = [stack.enter_context(datagram_socket()) for _ in range(8)]
            threads = [threading.Thread(target=talk, args=(peer, endpoint(server.udp)), daemon=True) for peer in peers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
            self.assertEqual(len(answered), 8 * 300)

    def test_serves_ipv6(self):
        with start("--address", "::1") as server, connect(server.tcp) as client, datagram_socket("::1") as peer:
            self.assertEqual((endpoint(server.tcp)[0], endpoint(server.udp)[0]), ("::1", "::1"))
            self.assertEqual(exchange(client, b"six"), b"six")
            peer.sendto(b"six", endpoint(server.udp))
            self.assertEqual(peer.recv(10), b"six")

    def test_serves_both_families_on_all_addresses(self):
        with start("--address", "*") as server:
            port = endpoint(server.tcp)[1]
            for host in ("127.0.0.1", "[::1]"):
                with connect(f"{host}:{port}") as client:
                    self.assertEqual(exchange(client, b"any"), b"any")


class Ending(SampleTest):
    program = PROGRAM

    def test_prints_totals_and_ends_with_0(self):
        with start() as server:
            with connect(server.tcp) as client:
                for size in (10, 1000, 300):
                    client.sendall(bytes(size))
                    self.assertEqual(receive(client, size), bytes(size))
            with datagram_socket() as peer:
                for size in (7, 1200):
                    peer.sendto(bytes(size), endpoint(server.udp))
                    self.assertEqual(peer.recv(1500), bytes(size))
            code, last, _ = server.stop()
        self.assertEqual(code, 0)
        self.assertEqual(totals(last), {"clients": 2, "messages": 5, "bytes": 2517})

    def test_ends_its_clients_in_order(self):
        with start() as server, connect(server.tcp) as client:
            client.sendall(b"before")
            self.assertEqual(receive(client, 6), b"before")
            code, last, _ = server.stop()
            self.assertEqual(client.recv(1), b"")
        self.assertEqual((code, totals(last)["clients"]), (0, 1))


class OnLinux(SampleTest):
    program = PROGRAM

    def test_ends_at_ctrl_c_as_at_sigterm(self):
        with start() as server:
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.process.wait(PATIENCE), 0)

    def test_falls_back_to_epoll_and_says_why(self):
        for error in ("EPERM", "ENOSYS"):
            with self.subTest(error), Server(PROGRAM, "--port", 0, launcher=[OPTIONS.refuse, error]) as server:
                self.assertEqual(server.engine, f"epoll (io_uring refused: {error})")
                with connect(server.tcp) as client:
                    self.assertEqual(exchange(client, b"epoll"), b"epoll")

    def test_names_why_io_uring_is_refused(self):
        self.refused(1, "--port", 0, "--engine", "io_uring", launcher=[OPTIONS.refuse, "EPERM"], named="EPERM")


if ON_WINDOWS:
    del OnLinux

if __name__ == "__main__":
    main()
