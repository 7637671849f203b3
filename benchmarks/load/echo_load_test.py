#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""That echo_load has as many messages under way as it says: echo_load_test.py ECHO_LOAD"""
import json
import selectors
import socket
import subprocess
import sys
import time

SIZE = 64


def most_at_once(listener, load):
    """Echoes late, so that whatever is under way comes together; yields the most bytes that did."""
    most = 0
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while load.poll() is None:
            for key, _ in selector.select(0.1):
                if key.fileobj is listener:
                    selector.register(listener.accept()[0], selectors.EVENT_READ)
                    continue
                time.sleep(0.005)
                try:
                    message = key.fileobj.recv(1 << 16)
                    key.fileobj.sendall(message)
                except ConnectionError:  # a churn ends its connections by a reset
                    message = b""
                most = max(most, len(message))
                if not message:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
    return most


def main():
    for arguments, messages in ([], 1), (["--pipeline", "4"], 4), (["--rate", "20"], 1), (["--churn"], 1):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = f"127.0.0.1:{listener.getsockname()[1]}"
            command = [sys.argv[1], address, "--clients", "2", "--bytes", str(SIZE), "--warm-up", "0", "--seconds", "0.5",
                       "--json", *arguments]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
                most = most_at_once(listener, load)
                found = json.loads(load.stdout.read().splitlines()[-1])
        print(f"{' '.join(arguments) or 'one by one'}: {most} bytes came together, {found['round_trips']} round trips")
        if most != messages * SIZE:
            sys.exit(f"{messages} messages of {SIZE} bytes were to be under way")


main()
