# SPDX-License-Identifier: MIT
"""Echo servers that are measured side by side, and the load that measures them."""
import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROCESSORS = sorted(os.sched_getaffinity(0))


class Contender:
    """A server that runs until the end, on the first processor. `kind`: ours, limit or peer."""

    def __init__(self, name, kind, *command):
        self.name, self.kind, self.process, self.ports = name, kind, None, {}
        self.transports = 2 if kind == "ours" else 1
        self.spins = "--spin" in command
        self.command = ["taskset", "--cpu-list", str(PROCESSORS[0]), *map(str, command)]

    def start(self, *launcher):
        self.process = subprocess.Popen([*map(str, launcher), *self.command], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            words = line.split()
            if words[:2] == ["listening", "on"]:
                self.ports[words[2]] = words[3]
                if len(self.ports) == self.transports:
                    return
        sys.exit(f"{self.name} did not start")

    def cpu_nanoseconds(self):
        """What the kernel has accounted to its threads, so with the TCP work that is done in their name."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks)

    def ticks(self):
        """Its clock ticks in user space and in the kernel: whatever it was doing when the clock ticked."""
        values = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(values[11]), int(values[12])

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def ours(server, suffix="", *more):
    return [Contender(f"ours{suffix}, {engine}", "ours", server, "--port", "0", "--workers", "1", "--engine", engine,
                      *more) for engine in ("io_uring", "epoll")]


def limits(build):
    limit = build / "benchmarks/limit"
    return [
        Contender("io_uring by hand", "limit", limit / "io_uring_echo"),
        Contender("epoll by hand", "limit", limit / "epoll_echo"),
    ]


def datagram_limits(build):
    limit = build / "benchmarks/limit"
    return [
        Contender("io_uring by hand", "limit", limit / "io_uring_udp_echo"),
        Contender("recvmmsg by hand", "limit", limit / "epoll_echo", "udp"),
    ]


def peers(build):
    built, node = build / "benchmarks/peers", shutil.which("node")
    field = []
    for name, program, transports in (
            ("Asio coroutines", "asio_coroutines", 2), ("Asio coroutines, io_uring", "asio_coroutines_io_uring", 2),
            ("Asio callbacks", "asio_callbacks", 1), ("libevent", "libevent_echo", 1), ("libuv", "libuv_echo", 2),
            ("Go", "go_echo", 2)):
        if not (built / program).exists():
            print(f"{name}: not built, so not measured")
            continue
        field += [Contender(name, "peer", built / program, *mode) for mode in ((), ("udp",))[:transports]]
    if node:
        script = ROOT / "benchmarks/peers/node_echo.js"
        field += [Contender("Node", "peer", node, script, *mode) for mode in ((), ("udp",))]
    else:
        print("Node: not installed, so not measured")
    return field


def load(build, address, seconds, *arguments):
    """The load on a server, on the last processor, once its clients are connected."""
    command = ["taskset", "--cpu-list", PROCESSORS[-1], build / "benchmarks/load/echo_load", address, "--json",
               "--seconds", seconds, *arguments]
    process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    return process


def figures(process, name):
    """What a load prints at its end."""
    out, _ = process.communicate()
    if process.returncode != 0:
        sys.exit(f"{name}: the load failed")
    return json.loads(out)


def measure(build, contender, seconds, arguments):
    """Server CPU for each round trip, and latencies, of one run of the load."""
    warm_up = 0.2
    transport = "udp" if "--udp" in arguments else "tcp"
    process = load(build, contender.ports[transport], seconds, "--warm-up", warm_up, *arguments)
    time.sleep(warm_up)
    before, ticks, begin = contender.cpu_nanoseconds(), contender.ticks(), time.monotonic()
    time.sleep(seconds * 0.9)
    cpu, taken = contender.cpu_nanoseconds() - before, time.monotonic() - begin
    user, kernel = (now - then for now, then in zip(contender.ticks(), ticks))
    found = figures(process, contender.name)
    if cpu == 0 or found["round_trips"] == 0:  # the machine is very busy: longer then, until the load gives up
        return measure(build, contender, 2 * seconds, arguments)
    rate = found["round_trips"] / found["seconds"]
    return {"cpu_us": cpu / 1e3 / (rate * taken), "rate": rate, "user": user, "kernel": kernel, **{key: found[key] for key in
            ("p50_us", "p99_us", "p999_us", "lost", "histogram")}}


def take_turns(build, field, options, arguments):
    """The figures of each server in each round; each round has another order."""
    return [{each.name: measure(build, each, options.seconds, arguments) for each in random.sample(field, len(field))}
            for _ in range(options.rounds)]
