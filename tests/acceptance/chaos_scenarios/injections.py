# SPDX-License-Identifier: MIT
"""Calls of the system that fail, by strace."""
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from serving import Skipped, demand

from .lab import need

GONE = ("ECONNABORTED", "EPROTO", "EPERM", "EINTR")      # one client's own trouble: the next is accepted at once
SHORT = ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM")        # the server's: it accepts again after a pause
TURN = ("EINTR", "EAGAIN", "EBUSY")                      # of a worker's wait for completions


def accept(site):
    """Of the accepts each third fails, and where the server pauses after it each tenth."""
    cycles = site.pick(60, 1_000)
    with site.serving() as server:
        figures = [inject(site, server, "accept4", error, 3, cycles) for error in GONE]
        figures += [inject(site, server, "accept4", error, 10, cycles) for error in SHORT]
    return "; ".join(figures)


def turns(site):
    """Of the waits of a worker each third fails."""
    call, errors = ("io_uring_enter", TURN) if site.engine == "io_uring" else ("epoll_pwait", TURN[:1])
    with site.serving() as server:
        return "; ".join(inject(site, server, call, error, 3, site.pick(60, 5_000)) for error in errors)


def inject(site, server, call, error, each, cycles):
    """Clients come and go meanwhile, and none waits in vain."""
    with injecting(server, call, error, each) as calls:
        figures = site.crowd(server, "churn", cycles, 10)
    site.fired(sum("(INJECTED)" in each for each in calls), f"{call} {error}")
    return f"{error} {figures.split(', ')[-1]}"


@contextmanager
def injecting(server, call, error, each):
    """Yields a list, which has the calls afterwards."""
    need("strace")
    calls = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        command = ["strace", "-f", "-q", "-o", log, "-e", "signal=none", "-e", f"trace={call}", "-e",
                   f"inject={call}:error={error}:when=1+{each}", "-p", server.pid]
        with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True) as strace:
            try:
                await_tracing(server, strace)
                yield calls
            finally:
                strace.terminate()  # it detaches
                strace.communicate(timeout=10)
                calls += log.read_text().splitlines()


def await_tracing(server, strace):
    """Until all threads of the server are traced."""
    end = time.monotonic() + 10
    while any("TracerPid:\t0\n" in each.read_text() for each in Path(f"/proc/{server.pid}/task").glob("*/status")):
        if strace.poll() is not None:
            raise Skipped(f"strace: {strace.stdout.read().strip()}")
        demand(time.monotonic() < end, "strace does not trace the server")
        time.sleep(0.001)
