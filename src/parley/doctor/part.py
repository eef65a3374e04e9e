"""One thing that is asked: what it is, whether it works, how long that took, and what to do."""

import time
from collections.abc import Callable
from dataclasses import dataclass


class Wrong(Exception):
    """Raised by what asks a part: what is wrong, and what to do."""

    def __init__(self, words: str, todo: str) -> None:
        super().__init__(words)
        self.todo = todo


@dataclass(frozen=True)
class Part:
    """What was found of a part."""

    name: str
    ok: bool
    milliseconds: float
    words: str
    todo: str = ""

    def __str__(self) -> str:
        """Return one line.

        >>> print(Part("valkey", False, 3.2, "Connection refused.", "Start it."))
        valkey      NO     3 ms  Connection refused. Start it.
        """
        found = f"{self.name:11} {'ok' if self.ok else 'NO'} {self.milliseconds:5.0f} ms"
        return f"{found}  {self.words} {self.todo}".rstrip()


def asked(name: str, ask: Callable[[], str], todo: str) -> Part:
    """Ask a part, which returns what it found; ``todo``: what to do where it raises anything but Wrong."""
    began = time.perf_counter()
    try:
        ok, words, todo = True, ask(), ""
    except Wrong as wrong:
        ok, words, todo = False, str(wrong), wrong.todo
    except Exception as error:  # whatever a driver, a client or a storage raises
        ok, words = False, f"{' '.join(str(error).split()).rstrip('.') or type(error).__name__}."
    return Part(name, ok, (time.perf_counter() - began) * 1000, words, todo)
