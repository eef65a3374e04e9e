"""Read a file in a child process, and believe nothing that it answers. Pure, but for the process."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

from parley.text import clean, clean_count, clean_line

from .results import LONGEST_TEXT, MAX_BREAKS

CHILD = Path(__file__).with_name("child.py")
PATIENCE, GLANCE = 60, 0.5
"""Seconds that a file may take, and between two looks at whether it is still wanted."""
LONGEST_ANSWER = 64_000
LONGEST_CODE, LONGEST_PLACE, MAX_NOTES = 40, 200, 40
PICTURE_TYPES = {"image/jpeg", "image/png", "image/webp"}
TOO_SLOW = {-signal.SIGXCPU, -signal.SIGALRM}

T = TypeVar("T", list[Any], dict[str, Any])
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """What became of a file: text or a picture, or ``error``, why not, with the numbers of its sentence in ``detail``.

    ``breaks``: the first character of each page, sheet or slide; ``picture``, ``thumb``: files in the folder.
    """

    text: str = ""
    breaks: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pages: int | None = None
    width: int | None = None
    height: int | None = None
    picture: Path | None = None
    picture_type: str = ""
    thumb: Path | None = None
    error: str = ""
    detail: dict[str, int] = field(default_factory=dict)


class Stopped(Exception):
    """Raised when a file was not read to its end, since the process is needed no more."""


def read(
    path: Path, media_type: str, folder: Path, extract: str = "", stopped: Callable[[], bool] = lambda: False
) -> Result:
    """Read a file of a type that ``sniffing`` found. Raises Stopped.

    ``folder``: for this file only; ``extract``: a host's function, if any; ``stopped``: tells whether to give up.
    """
    folder = folder.resolve()
    job: dict[str, Any] = {"path": str(path), "media_type": media_type, "folder": str(folder), "extract": extract}
    job |= {"sys_path": sys.path, "parent": os.getpid()}
    (folder / "job").write_text(json.dumps(job))
    with (folder / "answer").open("w+b") as file:
        ended = _run(folder, file, stopped)
        file.seek(0)
        answer = {"error": _death(ended)} if ended else _parsed(file.read(LONGEST_ANSWER))
    if where := clean_line(answer.get("where"), LONGEST_PLACE):
        logger.info("A file (%s) could not be read: %s", media_type, where)
    return _result(answer, folder)


def _run(folder: Path, answer: IO[bytes], stopped: Callable[[], bool]) -> int:
    """Return how the child ended: its exit code, or minus a signal."""
    command = [sys.executable, "-I", "-X", "utf8", str(CHILD)]
    with (folder / "job").open("rb") as job:
        child = subprocess.Popen(
            command, stdin=job, stdout=answer, stderr=subprocess.DEVNULL, env={}, cwd=folder, start_new_session=True
        )
    try:
        return _end_of(child, stopped)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _end_of(child: subprocess.Popen[bytes], stopped: Callable[[], bool]) -> int:
    for _ in range(round(PATIENCE / GLANCE)):
        if stopped():
            raise Stopped
        with suppress(subprocess.TimeoutExpired):
            return child.wait(GLANCE)
    return -signal.SIGXCPU


def _death(ended: int) -> str:
    if ended in TOO_SLOW:
        return "too_slow"
    return "too_large_unpacked" if ended < 0 else "unreadable"


def _parsed(answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"error": "unreadable"}


def _result(answer: dict[str, Any], folder: Path) -> Result:
    detail = {name: clean_count(number) or 0 for name, number in _as(dict, answer.get("detail")).items()}
    if error := clean_line(answer.get("error"), LONGEST_CODE):
        return Result(error=error, detail=detail)
    text, kind = _text(folder), clean_line(answer.get("picture_type"), LONGEST_CODE)
    picture = _file(folder, "picture") if kind in PICTURE_TYPES else None
    if not text and not picture:
        return Result(error="unreadable")
    places = map(clean_count, _as(list, answer.get("breaks"))[:MAX_BREAKS])
    return Result(
        text=text,
        breaks=[place for place in places if place is not None and place <= len(text)],
        notes=[clean_line(note, LONGEST_CODE) for note in _as(list, answer.get("notes"))[:MAX_NOTES]],
        pages=clean_count(answer.get("pages")),
        width=clean_count(answer.get("width")),
        height=clean_count(answer.get("height")),
        picture=picture,
        picture_type=kind if picture else "",
        thumb=_file(folder, "thumb") if picture else None,
        detail=detail,
    )


def _as(kind: type[T], value: Any) -> T:
    return value if isinstance(value, kind) else kind()


def _text(folder: Path) -> str:
    path = _file(folder, "text")
    if path is None:
        return ""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return clean(file.read(LONGEST_TEXT))


def _file(folder: Path, name: str) -> Path | None:
    """Return the path of a file that the child made, unless it is a link to another."""
    path = folder / name
    return path if path.is_file() and not path.is_symlink() else None
