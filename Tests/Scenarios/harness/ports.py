"""Ports on loopback that nobody else uses: every worker of the suite has a range of its own."""

import fcntl
import os
import socket
import tempfile
from pathlib import Path

FIRST = 21000
RANGE = 1000


class Ports:
    """Hands out ports in ascending order, skipping those that are taken; below the kernel's ephemeral range."""

    def __init__(self, worker=None):
        worker = worker or os.environ.get("PYTEST_XDIST_WORKER", "gw0")
        number = int(worker.removeprefix("gw") or 0)
        # The process number spreads out suites that run side by side.
        self._first = FIRST + (number * RANGE + os.getppid() % 7 * 1500) % 11000
        self._next = self._first
        self._locks = []

    def block(self, size):
        """The first of `size` consecutive free ports."""
        while True:
            base = self._next
            self._next += size
            if self._next > self._first + RANGE:
                self._next = self._first
            if all(is_free(base + i) for i in range(size)) and all(self._reserve(base + i) for i in range(size)):
                return base

    def _reserve(self, port):
        """Keeps it for this process, so that suites which run side by side do not meet between choosing and listening."""
        directory = Path(tempfile.gettempdir()) / f"home-scenario-ports-{os.getuid()}"
        directory.mkdir(exist_ok=True)
        lock = open(directory / str(port), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        self._locks.append(lock)
        return True

    def one(self):
        return self.block(1)


def is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


ports = Ports()
