"""Read untrusted ZIP archives as streams of bytes, within limits. Names in an archive never become paths."""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import IO, Any

from parley.text import clean_line

from .reporting import Warnings
from .streams import Limits, Refused

MAX_FILES = 20_000
LARGEST_DIRECTORY = 4 * 2**20
"""Bytes of the central directory, which zipfile reads at once."""
MAX_RATIO, RATIO_COUNTS_FROM = 200, 16 * 2**20
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
LONGEST_NAME = 200
SMALLEST_HEADER = 30

_LEADS_OUT = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)")


class _Guarded(BufferedReader):
    """A file that refuses to read more than LARGEST_DIRECTORY bytes at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size > LARGEST_DIRECTORY:
            raise Refused("too_many_files")
        return super().read(size)


class Stream:
    """Read one file of an archive until it grows beyond MAX_RATIO times its packed size."""

    def __init__(self, source: IO[bytes], packed: int, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._most = max(RATIO_COUNTS_FROM, packed * MAX_RATIO)
        self.done = 0

    def read(self, size: int) -> bytes:
        """Read up to ``size`` bytes. Raises Refused for damage or a bomb, and what ``limits`` raises."""
        try:
            data = self._source.read(size)
        except BROKEN as error:
            raise Refused("broken_file") from error
        self.done += len(data)
        self._limits.unpack(len(data))
        if self.done > self._most:
            raise Refused("bomb")
        return data


BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, struct.error, ValueError, OSError)
"""Errors that zipfile raises for an archive that is damaged, by accident or on purpose."""


class Archive:
    """List the readable files of an archive as ``files``, with a warning for each other. Raises Refused."""

    def __init__(self, source: Any, warnings: Warnings, limits: Limits) -> None:
        self._limits = limits
        try:
            self._zip = zipfile.ZipFile(_Guarded(source))
        except BROKEN as error:
            raise Refused("broken_archive") from error
        entries = self._zip.infolist()
        if len(entries) > MAX_FILES:
            raise Refused("too_many_files")
        if _overlap(entries, self._zip.start_dir):
            raise Refused("overlapping")
        self.files = list(_readable(entries, warnings))

    @contextmanager
    def open(self, entry: zipfile.ZipInfo) -> Iterator[Stream]:
        """Open one of ``files``. Raises Refused when it is damaged."""
        try:
            source = self._zip.open(entry)
        except BROKEN as error:
            raise Refused("broken_file") from error
        with source:
            yield Stream(source, entry.compress_size, self._limits)


def name_of(entry: zipfile.ZipInfo) -> str:
    """Return the name of a file in an archive, safe to show."""
    return clean_line(entry.filename, LONGEST_NAME)


def _overlap(entries: list[zipfile.ZipInfo], end: int) -> bool:
    """Tell whether two files share bytes, which lets an archive of 10 MB hold petabytes."""
    at = end
    for entry in sorted(entries, key=lambda entry: entry.header_offset, reverse=True):
        if entry.header_offset + SMALLEST_HEADER + entry.compress_size > at:
            return True
        at = entry.header_offset
    return at < 0


def _readable(entries: list[zipfile.ZipInfo], warnings: Warnings) -> Iterator[zipfile.ZipInfo]:
    seen: set[str] = set()
    for entry in entries:
        why = "" if entry.is_dir() else _why_not(entry, seen)
        if why:
            warnings.add(why, place=name_of(entry))
        elif not entry.is_dir():
            yield entry
        seen.add(entry.filename)


def _why_not(entry: zipfile.ZipInfo, seen: set[str]) -> str:
    if _LEADS_OUT.search(entry.orig_filename) or _LEADS_OUT.search(entry.filename):
        return "member_name"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "member_link"
    if entry.flag_bits & 0x1:
        return "member_encrypted"
    if entry.filename in seen:
        return "member_twice"
    return "" if entry.compress_type in METHODS else "member_method"
