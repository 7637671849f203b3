# SPDX-License-Identifier: MIT
"""Too few descriptors, too little memory, and no io_uring."""
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from serving import Program, demand, descriptor_count

from .lab import MemoryGroup, need
from .site import AGAIN

MIB = 1 << 20
MOST = 64          # descriptors of the server
INHERITED = 25     # of them are not its own: they end before its own limit of clients is reached
BURST = 80         # clients at once
BUSY = 5           # percent of a processor that a server may use while it is full
NOBODY = 65_534
LOCKED = 64, 128, 256, 512, 1_024, 8_192  # KiB that a user may lock; the first and the last are usual limits


def processor_time(pid):
    """Seconds of all threads, by the nanosecond (/proc/PID/schedstat counts the first only)."""
    return sum(int(each.read_text().split()[0]) for each in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def descriptors(site):
    """More clients at once than it has descriptors, again and again."""
    need("prlimit")
    cycles = site.pick(20, 1_000)
    with site.serving(launcher=("prlimit", f"--nofile={MOST}"), inherited=INHERITED) as server:
        before = server.descriptors()
        used = full = slowest = 0
        for _ in range(cycles):
            with burst(site, server):
                await_full(server)
                begin = time.monotonic(), processor_time(server.pid)
                time.sleep(0.06)  # what is measured: longer than it pauses between two accepts
                demand(descriptor_count(server.pid) == MOST, "it was not full for as long as it was to be")
                full += time.monotonic() - begin[0]
                used += processor_time(server.pid) - begin[1]
            slowest = max(slowest, site.serve_one(server))
            demand(server.settled_descriptors(before) == before, "not all clients are gone")
        site.fired(cycles, "times all descriptors were taken")
        share = 100 * used / full
        demand(share < BUSY, f"it used {share:.1f} % of a processor while it was full")
    return (f"each time by {BURST} clients; served again after {1e3 * slowest:.0f} ms at most; "
            f"{share:.1f} % of a processor while it was full")


@contextmanager
def burst(site, server):
    clients = []
    try:
        for _ in range(BURST):
            clients.append(site.connect(server))
            clients[-1].sendall(b"served?")
        yield
    finally:
        for client in clients:
            client.close()


def await_full(server):
    end = time.monotonic() + AGAIN
    while descriptor_count(server.pid) < MOST:
        demand(time.monotonic() < end, f"{descriptor_count(server.pid)} descriptors are open, and {BURST} clients came")


def few_bytes(site):
    """Clients send more than the server may have memory, and read nothing."""
    clients, limit = site.pick(40, 200), 24
    with MemoryGroup(limit * MIB) as group:
        demand_it_limits(group)
        with site.serving(outer=group.launcher()) as server:
            readers = [site.connect(server) for _ in range(clients)]
            offered = sum(map(stuff, readers))
            demand(offered > 2 * limit * MIB, f"only {offered // MIB} MiB were sent")
            slowest = site.serve_one(server)
            for reader in readers:
                reader.close()
            site.fired(offered // MIB, f"MiB sent to a server that may have {limit}")
        demand(group.killed() == 1, "the kernel ended the server")
    return (f"{clients} clients that read nothing; the server lived, and a program that took more than {limit} MiB did "
            f"not; a fresh client was served within {1e3 * slowest:.0f} ms")


def demand_it_limits(group):
    """A program that takes more than the limit is ended by the kernel."""
    taking = "b = bytearray(%d)\nfor i in range(0, len(b), 4096): b[i] = 1" % (4 * group.limit)
    subprocess.run([*group.launcher(), "python3", "-c", taking], capture_output=True, timeout=60, check=False)
    demand(group.killed() == 1, "the control group does not limit memory")


def stuff(client):
    """Sends until nothing more is taken for a moment. How many bytes that were."""
    client.settimeout(0.02)
    sent = 0
    try:
        while True:
            sent += client.send(bytes(MIB))
    except TimeoutError:
        return sent


def refused(site):
    """What a kernel or container refuses io_uring with: epoll instead, which the server says."""
    refuse = site.programs.refuse
    for error in ("EPERM", "ENOSYS", "ENOMEM"):
        demand_epoll(error, serve_by_any(site, (refuse, error)))
    site.fired(3, "refusals by seccomp")
    return little_locked_memory(site)


def little_locked_memory(site):
    """As a user who is not root, and whose limit may allow the first ring, and refuse another worker's."""
    need("prlimit", "setpriv")
    engines = []
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = Program(shutil.copy(site.programs.server.path, folder))
        for locked in LOCKED:
            user = "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"
            engines.append(serve_by_any(site, (*user, "prlimit", f"--memlock={locked * 1024}"), program))
    demand_epoll("ENOMEM", engines[0])
    site.fired(sum("ENOMEM" in engine for engine in engines), "for want of locked memory")
    return ", ".join(f"{locked} KiB: {engine}" for locked, engine in zip(LOCKED, engines))


def demand_epoll(reason, engine):
    demand(engine == f"epoll (io_uring refused: {reason})", f"the engine is {engine}")


def serve_by_any(site, launcher, program=None):
    """By whatever engine the server takes. What it says that this is."""
    with site.serving(launcher=launcher, engine="auto", program=program) as server:
        site.crowd(server, "hold", 100)
        site.crowd(server, "stream", site.pick(4, 64) * MIB, 4)
    return server.engine
