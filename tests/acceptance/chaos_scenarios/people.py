# SPDX-License-Identifier: MIT
"""Clients that stand still, vanish, or take all they can get."""
import re
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from serving import Failed, Skipped, demand, memory, ticks

from .site import GROWTH

MIB = 1 << 20
BUSY = 0.1  # seconds of a processor after which a client is in the middle of its stream
FAIR = 50   # milliseconds: the p99 of the pingers
PER_CLIENT = 40          # KiB that the server may hold for one that stands still: a buffer of 32, and its own
PROVIDED = 2 * 256 * 32  # KiB that two workers have lent to io_uring at most


def await_state(process, reached, what):
    end = time.monotonic() + 60
    while True:
        if process.poll() is not None:
            raise Failed(f"{what}: a client has ended: {process.communicate()[0].strip()}")
        if reached(process):
            return
        demand(time.monotonic() < end, f"{what}: not within a minute")
        time.sleep(0.001)


def in_the_middle(process):
    return ticks(process.pid) >= BUSY


def stands_still(process):
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def stop(client):
    """In the middle of its stream."""
    await_state(client, in_the_middle, "stream")
    client.send_signal(signal.SIGSTOP)
    await_state(client, stands_still, "stop")


def stopped(site):
    """Clients stand still in the middle of a stream; half of them go on, the others vanish."""
    streams, connections, size, seconds = site.pick((4, 50, 256, 1), (20, 50, 256, 10))
    with site.serving() as server:
        before = memory(server.pid, "Private_Dirty")
        with ExitStack() as running:
            clients = []
            for _ in range(streams):
                command = site.peers(server, "stream", size * MIB, connections)
                clients += running.enter_context(site.in_background([command]))
                stop(clients[-1])
            await_quiet(site.network)
            slowest = serve_others(site, server, seconds)
            held = memory(server.pid, "Private_Dirty") - before
            bound = PER_CLIENT * streams * connections + PROVIDED + GROWTH
            demand(held <= bound, f"the server holds {held} KiB for those who stand still, more than {bound}")
            demand(all(map(stands_still, clients)), "a client has ended")
            for client in clients[::2]:
                client.kill()
            for client in clients[1::2]:
                client.send_signal(signal.SIGCONT)
            for client in clients[1::2]:
                figures = client.communicate(timeout=600)[0].strip()
                demand(client.returncode == 0, figures)
        site.fired(streams * connections, "clients stopped, half of them then killed")
    return (f"for {seconds} s, {held:+} of at most {bound:+} KiB; others served within {1e3 * slowest:.0f} ms "
            f"meanwhile; the last to go on: {figures}")


def await_quiet(network):
    """Until what was sent to those who stand still has arrived there, or waits in the server."""
    end, before = time.monotonic() + 60, -1
    while (now := network.clients.received()) > before + MIB:
        demand(time.monotonic() < end, "the server goes on sending to clients that stand still")
        before = now
        time.sleep(0.2)


def serve_others(site, server, seconds):
    """Fresh clients, one after the other. What the slowest waited."""
    slowest, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        slowest = max(slowest, site.serve_one(server))
    return slowest


def killed(site):
    """Clients vanish in the middle of a stream, by SIGKILL."""
    rounds, programs, connections = site.pick((2, 3, 20), (60, 5, 50))
    with site.serving() as server:
        before = server.descriptors()
        for _ in range(rounds):
            with site.in_background([site.peers(server, "stream", 4096 * MIB, connections)] * programs) as clients:
                for client in clients:
                    await_state(client, in_the_middle, "stream")
            left = server.settled_descriptors(before) - before
            demand(left == 0, f"the server still holds {left} clients that were killed")
        site.fired(rounds * programs, "programs killed")
    return f"{rounds} times {programs} with {connections} connections each, in the middle of a stream"


def flood(site):
    """One client sends as fast as it can to a server of one worker, and a hundred others ping."""
    seconds = site.pick(2, 20)
    with site.serving(workers=1) as server:
        idle = site.crowd(server, "ping", 100, seconds)
        if p99(idle) >= FAIR:
            raise Skipped(f"this machine is too busy, also without a flood: {idle}")
        begin = site.network.server.received()
        with site.in_background([site.peers(server, "stream", 1 << 42, 1)]) as (client,):
            await_state(client, in_the_middle, "flood")
            busy = site.crowd(server, "ping", 100, seconds)
            flooded = (site.network.server.received() - begin) // MIB
        site.fired(flooded, "MiB taken from the flooding client")
        demand(p99(busy) < FAIR, f"{busy}: more than {FAIR} ms; without the flood: {idle}")
    return f"{busy}; without the flood: {idle}"


def p99(figures):
    """In milliseconds."""
    return float(re.search(r"p99 ([\d.]+) ms", figures)[1])
