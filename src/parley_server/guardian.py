"""The guardian: a process that ends the process groups of a supervisor that was killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

GRACE = 5.0
NEEDED = ("LD_LIBRARY_PATH",)
"""Variables without which a Python may not start; the guardian gets no others, since they may hold secrets."""


class Guardian:
    """Starts the guardian, which acts when the pipe to it closes: the kernel closes it however the supervisor ends."""

    def __init__(self, keep: tuple[int, ...] = ()) -> None:
        """Start it; it holds the descriptors `keep`, such as that of a lock, until it is done."""
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-E", os.path.abspath(__file__)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={name: os.environ[name] for name in NEEDED if name in os.environ},
            pass_fds=keep,
            text=True,
        )

    def watch(self, group: int) -> None:
        """Add a process group to those that are to end."""
        self._write(f"+{group}")

    def forget(self, group: int) -> None:
        """Remove a process group, which has ended."""
        self._write(f"-{group}")

    def close(self) -> None:
        """Let the guardian end, and wait for it."""
        self.process.communicate()

    def _write(self, line: str) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            print(line, file=self.process.stdin, flush=True)


def stand_guard() -> None:
    """Read what to guard until the supervisor is gone, then end what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    _end(groups)


def _end(groups: set[int]) -> None:
    send(groups, signal.SIGTERM)
    limit = time.monotonic() + GRACE
    while time.monotonic() < limit and send(groups, 0):
        time.sleep(0.05)
    send(groups, signal.SIGKILL)


def send(groups: Iterable[int], number: int) -> bool:
    """Signal process groups; tell whether any of them was there."""
    return sum(_reached(group, number) for group in groups) > 0


def _reached(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    stand_guard()
