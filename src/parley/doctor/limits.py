"""Compare the limits of this process, and of the container or service that it is in, with what is needed."""

import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from parley import celery

from .part import Wrong

BESIDE_REPLIES = 200
"""Files, and threads, that a process has beside one for each reply or tab."""
ENOUGH_MEMORY = 512 * 2**20
"""Bytes for web server, worker and Valkey, and a file that is being read."""
READING = 2**30
"""Bytes of addresses that whoever reads a file may use; see attachments.child."""
CGROUPS = Path("/sys/fs/cgroup")
MINE = Path("/proc/self/cgroup")


def open_files() -> str:
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _at_once() + BESIDE_REPLIES
    if limit != resource.RLIM_INFINITY and limit < wanted:
        words = f"A process may open {limit}, and a worker writes {_at_once()} replies at once."
        raise Wrong(words, f"Raise ulimit -n (LimitNOFILE= of systemd) to {wanted}, or write fewer at once.")
    if limit == resource.RLIM_INFINITY:
        return "A process may open any number."
    tabs = f"about {limit - BESIDE_REPLIES} open tabs of a web server"
    return f"A process may open {limit}: enough for {_at_once()} replies at once of a worker, or {tabs}."


def memory() -> str:
    addresses, _ = resource.getrlimit(resource.RLIMIT_AS)
    if addresses != resource.RLIM_INFINITY and addresses < READING:
        words = f"A process may have {_mb(addresses)} of addresses, and reading a file takes up to {_mb(READING)}."
        raise Wrong(words, "Raise ulimit -v (LimitAS= of systemd).")
    limit = least("memory.max", "memory/memory.limit_in_bytes")
    if limit and limit < ENOUGH_MEMORY:
        words = f"All processes here may use {_mb(limit)} together: a large file can end them."
        raise Wrong(words, f"Raise the container's limit (MemoryMax= of systemd) to {_mb(ENOUGH_MEMORY)}.")
    return f"All processes here may use {_mb(limit)} together." if limit else "It has no limit here."


def processes() -> str:
    own, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    limits = [least("pids.max", "pids/pids.max"), 0 if own == resource.RLIM_INFINITY else own]
    limit, wanted = min(filter(None, limits), default=0), _at_once() + BESIDE_REPLIES
    if limit and limit < wanted:
        words = f"There may be {limit} processes and threads, and a worker uses one for each of {_at_once()} replies."
        raise Wrong(words, f"Raise the limit (--pids-limit, TasksMax=, ulimit -u) to {wanted}, or write fewer at once.")
    return f"There may be {limit} with their threads." if limit else "They have no limit here."


def least(now: str, before: str, cgroups: Path = CGROUPS, mine: Path = MINE) -> int:
    """Return the lowest limit of the cgroups around this process, 0 without one; ``before``: its file in version 1."""
    found = [int(text) for path in (*_around(cgroups, mine, now), cgroups / before) if (text := _read(path)).isdigit()]
    return min((limit for limit in found if limit < 2**60), default=0)


def _around(cgroups: Path, mine: Path, name: str) -> Iterator[Path]:
    """Yield this file of the cgroup of this process, and of those around it."""
    for line in _read(mine).splitlines():
        if line.startswith("0::/"):
            own = cgroups / line.removeprefix("0::/")
            yield from (folder / name for folder in (own, *own.parents) if folder.is_relative_to(cgroups))


def _read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text().strip()
    return ""


def _at_once() -> int:
    return int(celery.current().conf.worker_concurrency or 0)


def _mb(amount: int) -> str:
    return f"{amount // 10**6} MB"
