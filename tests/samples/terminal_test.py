#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""echo_client in front of a person: its progress is a bar on a terminal, and lines elsewhere."""
import os
import pty
import tempfile

from sample_test import SampleTest, Server, main, sample


def everything(terminal):
    """What was written to the other side, which is closed; the system hands it over bit by bit."""
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 65_536)
        except OSError:  # EIO: there is no more
            return shown


class Progress(SampleTest):
    program = sample("echo_client")

    def send(self, **how):
        """Sends 3 MB through a server of its own."""
        with Server(sample("echo_server"), "--port", 0) as server, tempfile.NamedTemporaryFile() as data:
            data.write(os.urandom(3_000_000))
            data.flush()
            done = self.run_sample("--connect", server.tcp, data.name, **how)
        self.assertEqual(done.returncode, 0)
        return done

    def test_is_a_bar_on_a_terminal(self):
        ours, terminal = pty.openpty()
        self.send(stderr=terminal)
        os.close(terminal)
        shown = everything(ours).decode()
        os.close(ours)

        self.assertRegex(shown, r"^(\r\[[#.]{40}\] [ \d.]{5} %  [\d.]+ [kM]B in [\d.]+ s)+\r\n$")
        self.assertTrue(shown.rpartition("\r[")[2].startswith("#" * 40 + "] 100.0 %  3.0 MB in "))

    def test_is_lines_elsewhere(self):
        self.assertRegex(self.send().stderr, rb"^([ \d.]{5} %  [\d.]+ [kM]B in [\d.]+ s\n)+$")


if __name__ == "__main__":
    main()
