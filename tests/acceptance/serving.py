# SPDX-License-Identifier: MIT
"""A sample server as a process of its own, and what it costs the system."""
import os
import queue
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WINE = ROOT / "tests/support/posix/wine"
# On Windows a program of its own group can be sent what Ctrl-Break sends; elsewhere 0, and no such signal.
GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
BREAK = getattr(signal, "CTRL_BREAK_EVENT", None)


class Failed(Exception):
    """Something is not as it must be."""


class Skipped(Exception):
    """What a check needs is not here; it tells what."""


class Checks:
    """Runs checks, prints a line for each, and knows whether one failed."""

    def __init__(self, engine):
        self.engine = engine
        self.failed = 0
        self.rows = []  # what was printed

    def run(self, name, check, *arguments):
        begin = time.monotonic()
        try:
            figures, result = check(*arguments), "ok"
        except (Failed, OSError, subprocess.TimeoutExpired) as error:
            figures, result = str(error), "FAILED"
            self.failed += 1
        except Skipped as reason:
            figures, result = str(reason), "skipped"
        line = f"{self.engine:9} {name:12} {result:7} {time.monotonic() - begin:6.1f} s  {figures}"
        self.rows.append((name, result, line))
        print(line, flush=True)


def demand(condition, what):
    if not condition:
        raise Failed(what)


def said(command, timeout):
    """The last line of a load program, which fails at the first wrong byte."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    demand(done.returncode == 0, (done.stdout + done.stderr).strip().replace("\n", "; "))
    return done.stdout.strip().splitlines()[-1]


class Program:
    """A built program: where it is, and how it is started."""

    def __init__(self, path, wine_prefix=None):
        self.path = Path(path)
        self.wine_prefix = wine_prefix

    def command(self, *arguments):
        before = [str(WINE), str(self.wine_prefix)] if self.wine_prefix else []
        return [*before, str(self.path), *map(str, arguments)]

    def end_signal(self):
        """What asks it to end: a Windows program knows Ctrl-C only, which Wine makes of SIGINT."""
        return BREAK or (signal.SIGINT if self.wine_prefix else signal.SIGTERM)


def endpoint(text):
    """Of "127.0.0.1:80" or "[::1]:80" what the socket module wants."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def ticks(pid):
    """User and system time of a process in seconds (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid, name):
    """A line of /proc/PID/smaps_rollup, in KiB."""
    return int(re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])


def descriptor_count(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def wine_server_of(prefix):
    """The process that holds the sockets of Windows programs."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "comm").read_text().startswith("wineserver"):
                if f"WINEPREFIX={prefix}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    return int(entry.name)
        except OSError:
            continue  # it ended, or belongs to somebody else
    raise Failed("Wine's server is not found")


class Server:
    """Started when it is made; it listens then. Used by `with`, which ends it."""

    def __init__(self, program, *arguments, launcher=(), inherited=0, over=("tcp", "udp")):
        self.program = program
        extra = [os.open(os.devnull, os.O_RDONLY) for _ in range(inherited)]
        self.process = subprocess.Popen(
            [*map(str, launcher), *program.command(*arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, pass_fds=extra, creationflags=GROUP, text=True)
        for descriptor in extra:
            os.close(descriptor)
        self.lines = []
        self._incoming = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.engine = self._await_line("engine ")
        self.tcp, self.udp = (self._await_line(f"listening on {each} ") if each in over else None
                              for each in ("tcp", "udp"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def pid(self):
        return self.process.pid

    def _read(self):
        with self.process.stdout as output:
            for line in output:
                self._incoming.put(line.rstrip("\n"))
        self._incoming.put(None)

    def _await_line(self, beginning):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                line = self._incoming.get(timeout=1)
            except queue.Empty:
                continue
            if line is None:
                raise Failed(f"the server ended: {' '.join(self.lines)}")
            self.lines.append(line)
            if line.startswith(beginning):
                return line.removeprefix(beginning)
        raise Failed(f"the server did not print \"{beginning}...\"")

    def descriptors(self):
        wine = self.program.wine_prefix
        return descriptor_count(self.pid) + (descriptor_count(wine_server_of(wine)) if wine else 0)

    def steady_descriptors(self):
        """The count, once it has been the same for two seconds: programs of Wine's own may still be starting."""
        count, since = self.descriptors(), time.monotonic()
        while time.monotonic() < since + 2:
            time.sleep(0.05)
            if (now := self.descriptors()) != count:
                count, since = now, time.monotonic()
        return count

    def settled_descriptors(self, most):
        """The count, as soon as it is not more than expected, or after some seconds as it is then."""
        end = time.monotonic() + 10
        while (now := self.descriptors()) > most and time.monotonic() < end:
            time.sleep(0.05)
        return now

    def stop(self):
        """Asks it to end as a user does. Its exit code, its last line and the seconds that it took."""
        begin = time.monotonic()
        self.process.send_signal(self.program.end_signal())
        code = self.process.wait(timeout=30)
        while (line := self._incoming.get(timeout=5)) is not None:
            self.lines.append(line)
        return code, self.lines[-1], time.monotonic() - begin
