# SPDX-License-Identifier: MIT
"""Where a scenario takes place: a wire with a server at its one end, and the demands that hold after every scenario."""
import os
import socket
import subprocess
import time
from contextlib import contextmanager

from serving import Server, demand, endpoint, memory, said

WORKERS = 2
KEPT = WORKERS * 64 * 36  # KiB of receive buffers that workers keep for the next burst (lib/buffer_pool.h)
GROWTH = KEPT + 4_096     # KiB that the server's memory may have grown when everything is over: operations are kept too
AGAIN = 1.0               # seconds within which a fresh client is served
# The C library gives back what is freed, so that what is seen is what the server keeps, and not what malloc does.
GIVING_BACK = "env", "GLIBC_TUNABLES=glibc.malloc.mmap_threshold=16384"


class Programs:
    """What is built."""

    def __init__(self, server, peers, refuse):
        self.server, self.peers, self.refuse = server, peers, refuse


class Site:
    def __init__(self, engine, programs, network, quick):
        self.engine, self.programs, self.network, self.quick = engine, programs, network, quick
        self.faults = []
        self.after = []  # of each server, when its scenario was over

    def pick(self, quick, full):
        return quick if self.quick else full

    def fired(self, count, what):
        """Without a fault a scenario shows nothing."""
        demand(count > 0, f"{what}: none")
        self.faults.append(f"{count} {what}")

    @contextmanager
    def serving(self, launcher=(), outer=(), workers=WORKERS, inherited=0, engine=None, program=None):
        """A server, of which everything that is always demanded is demanded at the end. What `outer` launches enters
        the network, which hides the control groups."""
        command = [*outer, *self.network.server.command(*GIVING_BACK, *launcher)]
        with Server(program or self.programs.server, "--engine", engine or self.engine, "--port", 0, "--address",
                    self.network.server.address, "--workers", workers, launcher=command, inherited=inherited) as server:
            demand(engine or server.engine == self.engine, f"the engine is {server.engine}")
            at_start = server.descriptors()
            self.demand_service(server)
            self.crowd(server, "churn", 300, 20)  # what is allocated once is allocated
            before = server.settled_descriptors(at_start), memory(server.pid, "Private_Dirty")
            yield server
            left = self._demand_nothing_left(server, *before)
            code, totals, seconds = server.stop()
            demand(code == 0 and totals.startswith("totals: "), f"SIGTERM: it ended with {code}: {totals}")
            self.after.append(f"{left}; ended with 0 after {seconds:.1f} s")

    def _demand_nothing_left(self, server, descriptors, private):
        now = server.settled_descriptors(descriptors)
        demand(now == descriptors, f"descriptors before {descriptors}, now {now}")
        self.demand_service(server)
        grown = self._growth(server, private)
        demand(grown <= GROWTH, f"its memory has grown by {grown} KiB, more than {GROWTH}")
        return f"descriptors {descriptors} as before, memory {grown:+} of at most {GROWTH:+} KiB"

    def _growth(self, server, private):
        """With io_uring a worker takes its buffers back turn by turn, and where nobody comes there are none."""
        for _ in range(5):
            if (grown := memory(server.pid, "Private_Dirty") - private) <= GROWTH:
                break
            self.crowd(server, "churn", 1_000, 8)
        return grown

    def connect(self, server, timeout=10):
        with self.network.clients.inside():
            return socket.create_connection(endpoint(server.tcp), timeout)

    def serve_one(self, server):
        """The seconds until a fresh client was served."""
        begin = time.monotonic()
        with self.connect(server, AGAIN) as client:
            demand(ping(client), "a fresh client was let in, but not served")
        seconds = time.monotonic() - begin
        demand(seconds < AGAIN, f"a fresh client was served after {seconds:.2f} s")
        return seconds

    def demand_service(self, server):
        """Of TCP and of UDP, whose peers a server knows for a minute after."""
        self.serve_one(server)
        with self.network.clients.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(AGAIN)
            client.connect(endpoint(server.udp))
            client.send(b"datagram")
            demand(client.recv(100) == b"datagram", "another datagram came back")

    def peers(self, server, name, *numbers):
        """The command of the load program."""
        return self.network.clients.command(*self.programs.peers.command(name, server.tcp, *numbers))

    def crowd(self, server, *arguments):
        return said(self.peers(server, *arguments), timeout=900)

    @contextmanager
    def in_background(self, commands):
        """Processes, of which none is left."""
        processes = []
        try:
            for command in commands:
                processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
            yield processes
        finally:
            for process in processes:
                process.kill()
                process.communicate()


def ping(client, size=64):
    """Bytes there and back. False: it was the end. A reset is raised."""
    message = os.urandom(size)
    client.sendall(message)
    return hear(client, message)


def hear(client, message):
    got = b""
    while len(got) < len(message):
        piece = client.recv(len(message) - len(got))
        if not piece:
            return False
        got += piece
    demand(got == message, "other bytes came back")
    return True
