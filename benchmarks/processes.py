"""Read what a process and its children have used, as the kernel counts it."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """Return the ids of a process and of all below it."""
    children = [_read(child) for child in Path(f"/proc/{pid}/task").glob("*/children")]
    return [pid] + [found for child in children for number in child.split() for found in tree(int(number))]


def cpu_seconds(pid: int) -> float:
    """Return the processor time of the whole tree, with that of children that have ended."""
    return sum(map(_ticks, tree(pid))) / TICKS


def _ticks(pid: int) -> int:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


def memory(pid: int) -> int:
    """Bytes that the tree holds for itself alone, shared pages in proportion."""
    return sum(_pss(member) for member in tree(pid))


def _pss(pid: int) -> int:
    lines = _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0) * 1024


def _read(path: Path) -> str:
    """Return what the kernel says, or "" of what has ended."""
    try:
        return path.read_text()
    except OSError:
        return ""
