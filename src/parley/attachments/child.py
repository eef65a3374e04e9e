"""Read one file as a program of its own, ``python -I child.py``, within limits that it cannot leave.

Stdin: one JSON object with path, media_type, folder, extract, sys_path, parent (the number of that process). It writes
``text``, ``picture`` and ``thumb`` into the folder, and one JSON object to stdout. It is started by its path, since
isolated Python finds no clone.
"""

import ctypes
import importlib
import json
import os
import resource
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2]))

from parley.attachments.results import Read, Refused, whole

LIMITS = {
    resource.RLIMIT_AS: (2**30, 2**30),
    resource.RLIMIT_CPU: (20, 21),
    resource.RLIMIT_FSIZE: (50_000_000, 50_000_000),
    resource.RLIMIT_NOFILE: (32, 32),
    resource.RLIMIT_CORE: (0, 0),
}
LAST_SECOND = 70
"""For a child that has lost its parent, on systems that do not tell it."""
PARENT_DIES = 1
NICE = 5
"""Answers that are being written come first."""
READERS = {
    "image/": "pictures",
    "application/pdf": "pdf",
    "text/html": "hypertext",
    "message/rfc822": "mails",
    "application/epub+zip": "office",
    "application/vnd.openxmlformats-officedocument.spreadsheetml": "sheets",
    "application/vnd.openxmlformats-officedocument.": "office",
    "application/vnd.": "sheets",
    "": "plain",
}
"""The beginning of a media type → its reader; the first that fits."""
CHANGING = ("chmod", "chown", "kill", "link", "mkdir", "remove", "rename", "rmdir", "symlink", "truncate", "utime")
STARTING = ("exec", "fork", "posix_spawn", "startfile", "system")
FORBIDDEN = ("socket.", "subprocess.", "pty.", "shutil.", *(f"os.{verb}" for verb in CHANGING + STARTING))
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main() -> None:
    """Read what stdin names, and answer how it went."""
    limit_itself()
    job = json.load(sys.stdin)
    if os.getppid() != job["parent"]:  # It has died before the system was asked to tell.
        return
    answer, sys.stdout = sys.stdout, sys.stderr
    json.dump(outcome(job), answer)


def limit_itself() -> None:
    """Limit memory, time and files of this process for good, and end it with its parent."""
    for limit, value in LIMITS.items():
        with suppress(ValueError, OSError):  # Not every system has each.
            resource.setrlimit(limit, value)
    os.nice(NICE)
    signal.alarm(LAST_SECOND)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DIES, signal.SIGKILL)


def refuse_elsewhere(folder: str) -> None:
    """Refuse connections, other programs and writing outside of a folder, as far as Python hears of them."""

    def refuse(event: str, details: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN) or (event == "open" and details[2] & WRITING and not _is_in(details[0], folder)):
            raise PermissionError(event)

    sys.addaudithook(refuse)


def outcome(job: dict[str, Any]) -> dict[str, Any]:
    """Read, write the files, and return what else was found, or why not."""
    try:
        return _kept(_read(job), Path(job["folder"]))
    except Refused as refused:
        return {"error": refused.code, "detail": refused.detail}
    except MemoryError:
        return {"error": "too_large_unpacked"}
    except ImportError as error:
        return {"error": "extra_missing", "where": _where(error)}
    except BaseException as error:  # Panics of Rust are not even Exceptions.
        return {"error": "damaged", "where": _where(error)}


def _read(job: dict[str, Any]) -> Read:
    path, media_type = job["path"], job["media_type"]
    if job["extract"] and not media_type.startswith("image/"):
        text = _by_host(job)
        if text is not None:
            return whole(text)
    refuse_elsewhere(job["folder"])
    reader = next(name for start, name in READERS.items() if media_type.startswith(start))
    read: Read = importlib.import_module(f"parley.attachments.{reader}").read(path, media_type)
    return read


def _by_host(job: dict[str, Any]) -> str | None:
    """Return the text that the host's own function made, or None for what it leaves to ours."""
    module, _, name = job["extract"].rpartition(".")
    sys.path.extend(job["sys_path"])
    try:
        text: str | None = getattr(importlib.import_module(module), name)(job["path"], job["media_type"])
        return text
    except MemoryError:
        raise
    except Exception as error:
        raise Refused("unreadable") from error


def _kept(read: Read, folder: Path) -> dict[str, Any]:
    """Write what is long into files → all else."""
    fields = {**read._asdict(), "notes": [*read.notes, *read.counted()]}
    for name, content in {"text": fields.pop("text").encode(), **fields.pop("files")}.items():
        (folder / name).write_bytes(content)
    return fields


def _where(error: BaseException) -> str:
    """Return what was raised and where; never its words, which may be those of the file."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"


def _is_in(path: Any, folder: str) -> bool:
    return isinstance(path, str) and str(Path(path).absolute().parent) == folder


if __name__ == "__main__":
    main()
