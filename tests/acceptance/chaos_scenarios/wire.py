# SPDX-License-Identifier: MIT
"""A wire that loses, resets and delays packets, and connections that the system ends."""
import os
import select
import socket
import subprocess

from serving import Skipped, demand, endpoint

from .lab import need
from .site import hear, ping

GIB = 1 << 30
MIB = 1 << 20


def loss(site):
    """One packet in a hundred is lost, both ways; each byte that comes back is compared."""
    need("nft")
    ends = site.network.server, site.network.clients
    with site.serving() as server:
        for end in ends:
            end.small_packets()
            end.filter("meta l4proto tcp numgen random mod 100 < 1", "drop")
        figures = site.crowd(server, "stream", site.pick(16 * MIB, GIB), 8)
        lost = [end.filtered() for end in ends]
        for end in ends:
            end.no_filter()
        site.fired(lost[0], "packets lost to the server")
        site.fired(lost[1], "to the clients")
    return figures


def reset(site):
    """The wire answers an echo by a reset, which the server hears in the middle of its conversation."""
    need("nft")
    clients, wanted = site.pick((200, 20), (200, 2_000))
    with site.serving() as server:
        connections = [site.connect(server) for _ in range(clients)]
        site.network.clients.filter("meta length > 100 tcp sport " + server.tcp.rpartition(":")[2] +
                                    " numgen random mod 10 < 1", "reject with tcp reset")
        seen = rounds = 0
        while seen < wanted:
            rounds += 1
            demand(rounds < 1_000, f"after {rounds} rounds {seen} resets")
            seen += converse(site, server, connections)
        fired = site.network.clients.filtered()
        site.network.clients.no_filter()
        for connection in connections:
            connection.close()
        site.fired(fired, "echoes answered by a reset")
        demand(seen == fired, f"clients saw {seen} resets, not {fired}")
    return f"{seen} resets seen by {clients} clients in {rounds} rounds"


def converse(site, server, connections):
    """All say something. Who was reset comes again. How many that were."""
    messages = [os.urandom(64) for _ in connections]
    for connection, message in zip(connections, messages):
        connection.sendall(message)
    silent = ask_silent(connections)
    resets = 0
    for place, message in enumerate(messages):
        try:
            expected = message + b"?" if connections[place] in silent else message
            demand(hear(connections[place], expected), "the server ended a connection")
        except ConnectionResetError:
            resets += 1
            connections[place].close()
            connections[place] = site.connect(server)
    return resets


def ask_silent(connections):
    """Where the server's system had taken all bytes before the reset, only more bytes bring the reset to the client."""
    silent = set(connections)
    while silent:
        heard, _, _ = select.select(silent, [], [], 0.3)
        if not heard:
            break
        silent -= set(heard)
    for connection in silent:
        connection.sendall(b"?")
    return silent


def rate(site):
    """A slow wire, whose queue is full: what is too much is dropped."""
    need("tc")
    size, megabits = site.pick((4, 50), (128, 200))
    ends = site.network.server, site.network.clients
    with site.serving() as server:
        for end in ends:
            end.small_packets()
            end.limit_rate(megabits)
        figures = site.crowd(server, "stream", size * MIB, 4)
        waited, dropped = map(sum, zip(*(end.delayed() for end in ends)))
        site.fired(waited, f"waits for a turn ({dropped} dropped)")
    return f"{megabits} Mbit/s: {figures}"


def killed_connections(site):
    """`ss -K` on either side: both ends see it at once."""
    need("ss")
    clients, rounds = site.pick((50, 2), (500, 20))
    with site.serving() as server:
        before = server.descriptors()
        port = server.tcp.rpartition(":")[2]
        for number in range(rounds):
            connections = [site.connect(server) for _ in range(clients)]
            for connection in connections:
                ping(connection)
            demand(server.descriptors() == before + clients, "not each client has a descriptor")
            end, own = (site.network.clients, "dport") if number % 2 else (site.network.server, "sport")
            kill_connections(end, f"{own} = :{port}", clients)
            for connection in connections:
                demand_reset(connection)
            left = server.settled_descriptors(before) - before
            demand(left == 0, f"the server still holds {left} of {clients} clients")
        site.fired(rounds * clients, "connections ended by ss -K")
    return f"{rounds} times {clients} clients, each reset, and gone from the server"


def kill_connections(end, condition, expected):
    done = subprocess.run(end.command("ss", "-K", "-H", "-t", "state", "established", condition), capture_output=True,
                          text=True, timeout=60, check=False)
    killed = len(done.stdout.splitlines())
    if killed == 0 and "not supported" in done.stderr:
        raise Skipped("this kernel can't end connections (CONFIG_INET_DIAG_DESTROY)")
    demand(killed == expected, f"ss -K ended {killed} connections, not {expected}: {done.stderr.strip()}")


def demand_reset(connection):
    with connection:
        try:
            got = connection.recv(1)
        except (ConnectionResetError, ConnectionAbortedError):
            return
    demand(False, f"a client was not reset: {got!r}")


def partition(site):
    """Nothing arrives for some time, in the middle of a stream and of a new connection; then everything does."""
    need("nft")
    ends = site.network.server, site.network.clients
    with site.serving() as server:
        commands = [site.peers(server, "stream", site.pick(256, 1024) * MIB, 4)]
        with site.in_background(commands) as (streams,), site.connect(server) as witness:
            demand(ping(witness), "the end")
            for end in ends:
                end.filter("meta l4proto tcp", "drop")
            witness.settimeout(site.pick(1, 5))
            begun = begin_connect(site, server)
            demand(not arrives(witness), "bytes came through a wire that is cut")
            lost = sum(end.filtered() for end in ends)
            demand(streams.poll() is None, "the streams ended before the wire was cut")
            for end in ends:
                end.no_filter()
            figures = streams.communicate(timeout=600)[0].strip()
            demand(streams.returncode == 0, figures)
            witness.settimeout(60)
            demand(hear(witness, b"into the dark"), "the end")
            with begun:
                demand(ping(begun), "the end")
        site.fired(lost, "packets lost at a cut wire")
    return figures


def begin_connect(site, server):
    with site.network.clients.inside():
        client = socket.socket()
    client.setblocking(False)
    client.connect_ex(endpoint(server.tcp))
    client.settimeout(60)  # of a send too, which waits for the connection
    return client


def arrives(witness):
    witness.sendall(b"into the dark")
    try:
        witness.recv(1)
    except TimeoutError:
        return False
    return True
