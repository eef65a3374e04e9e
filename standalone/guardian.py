"""The guardian outlives its supervisor by a moment, to end the process groups that a killed one left behind."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

GRACE = 5.0
NEEDED = ("LD_LIBRARY_PATH",)
"""Variables without which a Python may not start; of the others, secrets among them, it has no use."""


class Guardian:
    """Starts the guardian; it acts when the pipe to it closes, which the kernel does however the supervisor ends."""

    def __init__(self, keep: tuple[int, ...] = ()) -> None:
        """`keep` are descriptors, such as that of a lock, that the guardian holds until it is done."""
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
        """Name a process group to end."""
        self._tell(f"+{group}")

    def forget(self, group: int) -> None:
        """Name a process group that has ended."""
        self._tell(f"-{group}")

    def close(self) -> None:
        """Let the guardian end, and wait for it."""
        self.process.communicate()

    def _tell(self, line: str) -> None:
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
    _send(groups, signal.SIGTERM)
    limit = time.monotonic() + GRACE
    while time.monotonic() < limit and _send(groups, 0):
        time.sleep(0.05)
    _send(groups, signal.SIGKILL)


def _send(groups: set[int], number: int) -> bool:
    return sum(_reached(group, number) for group in groups) > 0


def _reached(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    stand_guard()
