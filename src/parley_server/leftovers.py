"""End what an earlier run left behind, because its supervisor and guardian were killed together.

Each service inherits a locked file that names its process group. The kernel keeps the lock for as long as the service
lives, so that no other process that got the same number is ever signalled.
"""

import fcntl
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from parley_server.guardian import send

KILLED_WITHIN = 5.0
"""Seconds."""


class StillRuns(Exception):
    """Says in one sentence what could not be ended."""


class Marks:
    """A folder with a locked file for each service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def mark(self, name: str) -> Iterator[IO[str] | None]:
        """Yield a locked file for a service to inherit, to write the id of its process group into.

        Yields None where no file can be made: a full disk is no reason not to start a service again.
        """
        try:
            file = self._locked(name)
        except OSError:
            yield None
            return
        try:
            yield file
        finally:
            with suppress(OSError):
                file.close()

    def _locked(self, name: str) -> IO[str]:
        path = self.folder / name
        if _is_held(path):
            path.unlink()  # by a process that left the group before that was ended
        file = path.open("w")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file

    def left(self) -> list[str]:
        """Return the names of the services of an earlier run that still live."""
        return sorted(path.name for path in self.folder.iterdir() if _is_held(path))

    def end(self, names: Iterable[str], grace: float) -> None:
        """Ask services to end, and kill those that have not after `grace` seconds. Raises StillRuns."""
        left = {path: _group(path) for path in map(self.folder.joinpath, names) if _is_held(path)}
        send(left.values(), signal.SIGTERM)
        if not _all_end(left, grace):
            send((group for path, group in left.items() if _is_held(path)), signal.SIGKILL)
        if not _all_end(left, KILLED_WITHIN):
            raise StillRuns(
                f"What an earlier run left in {self.folder} does not end: stop {', '.join(self.left())} first."
            )


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _group(path: Path) -> int:
    """Read the id. Raises StillRuns: it is missing when the supervisor was killed just as it started the service."""
    text = path.read_text()
    if not text.isdecimal():
        raise StillRuns(f"A process that an earlier run left still holds {path}: stop it first.")
    return int(text)


def _all_end(paths: Iterable[Path], seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while any(map(_is_held, paths)):
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True
