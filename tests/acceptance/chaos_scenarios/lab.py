# SPDX-License-Identifier: MIT
"""What a scenario borrows from the system, and gives back: tools, network namespaces, a control group."""
import ctypes
import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from serving import Failed, Skipped, demand

PACKAGES = {"ip": "iproute2", "tc": "iproute2", "ss": "iproute2", "nft": "nftables", "strace": "strace",
            "prlimit": "util-linux", "setpriv": "util-linux"}
CLONE_NEWNET = 0x40000000  # setns(2)
DEVICE = "veth0"  # of either end


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise Skipped(f"{tool} is not installed (package {PACKAGES[tool]})")


def run(*command, text=None):
    """What the command prints."""
    done = subprocess.run([*map(str, command)], input=text, capture_output=True, text=True, timeout=60, check=False)
    demand(done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


class End:
    """One end of the wire: a network namespace with one device, a name and an address."""

    def __init__(self, name, address):
        self.name, self.address = name, address

    def command(self, *words):
        return ["ip", "netns", "exec", self.name, *map(str, words)]

    @contextmanager
    def inside(self):
        """Sockets that are opened meanwhile by this thread belong to this end, for as long as they live."""
        with open("/proc/thread-self/ns/net") as before, open(f"/run/netns/{self.name}") as there:
            enter(there)
            try:
                yield
            finally:
                enter(before)

    def filter(self, rule, verdict):
        """From now on `verdict` for incoming packets that `rule` matches. Called once."""
        run(*self.command("nft", "-f", "-"), text=f"""
            table inet chaos {{
                counter fired {{ }}
                chain incoming {{
                    type filter hook input priority 0
                    {rule} counter name fired {verdict}
                }}
            }}
            """)

    def filtered(self):
        """How many packets that was."""
        found = json.loads(run(*self.command("nft", "-j", "list", "counters")))["nftables"]
        return next(each["counter"]["packets"] for each in found if "counter" in each)

    def no_filter(self):
        run(*self.command("nft", "delete", "table", "inet", "chaos"))

    def received(self):
        """Bytes that have come over the wire."""
        return json.loads(run("ip", "-n", self.name, "-s", "-j", "link", "show", DEVICE))[0]["stats64"]["rx"]["bytes"]

    def small_packets(self):
        """What is sent are packets as on a wire, not of 64 KiB."""
        run("ip", "-n", self.name, "link", "set", DEVICE, "gso_max_segs", 1)

    def limit_rate(self, megabits):
        run("tc", "-n", self.name, "qdisc", "add", "dev", DEVICE, "root", "tbf", "rate", f"{megabits}mbit", "burst",
            "32kb", "latency", "20ms")

    def delayed(self):
        """How often a packet had to wait for its turn, and how many were dropped."""
        found = json.loads(run("tc", "-n", self.name, "-s", "-j", "qdisc", "show", "dev", DEVICE))
        return found[0]["overlimits"], found[0]["drops"]


def enter(namespace):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Network:
    """Two namespaces and a wire between them. Used by `with`, which removes them."""

    def __init__(self):
        self.server = End(f"iocp-chaos-{os.getpid()}-server", "10.77.0.1")
        self.clients = End(f"iocp-chaos-{os.getpid()}-clients", "10.77.0.2")

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for end in self.server, self.clients:
            if Path("/run/netns", end.name).exists():
                run("ip", "netns", "delete", end.name)

    def _make(self):
        for end in self.server, self.clients:
            run("ip", "netns", "add", end.name)
        run("ip", "link", "add", DEVICE, "netns", self.server.name, "type", "veth", "peer", "name", DEVICE, "netns",
            self.clients.name)
        for end in self.server, self.clients:
            run("ip", "-n", end.name, "address", "add", f"{end.address}/24", "dev", DEVICE)
            for device in "lo", DEVICE:
                run("ip", "-n", end.name, "link", "set", device, "up")
        # Who closes first keeps the port; on a wire that is this short nothing comes late.
        with self.clients.inside():
            Path("/proc/sys/net/ipv4/tcp_tw_reuse").write_text("1")
            Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("1024 65535")


def network_or_skip():
    """A skip where this user or container may not make one."""
    need("ip")
    try:
        with Network():
            pass
    except Failed as reason:
        raise Skipped(f"no network namespaces here: {reason}") from reason


class MemoryGroup:
    """A control group with a limit of memory, by either interface of the kernel. Used by `with`, which removes it."""

    def __init__(self, limit):
        one = Path("/sys/fs/cgroup/memory")
        two = next((each for each in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))
                    if "memory" in contents(each / "cgroup.subtree_control")), None)
        if (one / "memory.limit_in_bytes").exists():
            self.path, self.names = one, ("memory.limit_in_bytes", "memory.oom_control")
        elif two is not None:
            self.path, self.names = two, ("memory.max", "memory.events")
        else:
            raise Skipped("no control group for memory: /sys/fs/cgroup has no memory controller")
        self.limit = limit
        self.path /= f"iocp-chaos-{os.getpid()}"

    def __enter__(self):
        try:
            self.path.mkdir()
            (self.path / self.names[0]).write_text(str(self.limit))
        except OSError as error:
            self.__exit__()
            raise Skipped(f"no control group for memory: {error}") from error
        return self

    def __exit__(self, *_):
        if self.path.exists():
            self.path.rmdir()

    def launcher(self):
        return "sh", "-c", f'echo $$ >{self.path}/cgroup.procs && exec "$@"', "sh"

    def killed(self):
        """How many programs the kernel has ended because of the limit."""
        return next(int(line.split()[1]) for line in (self.path / self.names[1]).read_text().splitlines()
                    if line.startswith("oom_kill "))


def contents(path):
    return path.read_text() if path.exists() else ""
