"""Real processes, started in groups of their own, and ended by their ids."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import SystemRandom
from typing import Any

from parley_server.guardian import Guardian

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


class Process:
    """One command; its output goes to a log file in a folder."""

    account: str | None = None

    def __init__(self, name: str, command: list[str], folder: Path, env: dict[str, str] | None = None) -> None:
        self.name, self.command = name, command
        self.env = {**os.environ, **(env or {})}
        self.log = folder / f"{name}.log"
        self.popen: subprocess.Popen[bytes] | None = None
        self.seen = 0

    def start(self) -> "Process":
        assert not self.running, f"{self.name} runs already."
        self.seen = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                user=self.account,
            )
        guardian().watch(self.popen.pid)
        return self

    @property
    def running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    @property
    def pid(self) -> int:
        assert self.popen, f"{self.name} was never started."
        return self.popen.pid

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        if self.popen and self.popen.poll() is None:
            os.killpg(self.popen.pid, number)

    def kill(self) -> None:
        """End the group without a chance to say goodbye."""
        self.end(signal.SIGKILL, 10)

    def stop(self, seconds: float = 30) -> None:
        """Ask the first process of the group to end, and insist when it does not."""
        if self.popen and self.running:
            self.popen.terminate()
            try:
                self.popen.wait(seconds)
            finally:
                self.kill()

    def end(self, number: int, seconds: float) -> None:
        self.signal(number)
        if self.popen:
            self.popen.wait(seconds)
            guardian().forget(self.popen.pid)

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    @property
    def output(self) -> str:
        """Return all that was written since the first start."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @property
    def output_of_this_run(self) -> str:
        return self.log.read_bytes()[self.seen :].decode(errors="replace") if self.log.exists() else ""

    def wait_for_line(self, pattern: str, seconds: float = PATIENCE) -> str:
        """Wait for output of this run, and return the match's first group, or all of it."""

        def found() -> str | None:
            if match := re.search(pattern, self.output_of_this_run):
                return match[1] if match.groups() else match[0]
            assert self.running, f"{self.name} ended:\n{self.output_of_this_run}"
            return None

        return until(found, seconds, f"{self.name} never wrote {pattern!r}")


@cache
def guardian() -> Guardian:
    """Return who ends what is left when the tests themselves are killed."""
    return Guardian()


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def free_port() -> int:
    """Return a port that nothing listens on, below those that the system gives to connections."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def until(true: Callable[[], Any], seconds: float = 10, words: str = "It did not happen", every: float = 0.05) -> Any:
    """Wait until a function returns something true, and return that."""
    limit = time.monotonic() + seconds
    while not (result := true()):
        if time.monotonic() > limit:
            raise TimeoutError(f"{words} within {seconds:g} s.")
        time.sleep(every)
    return result
