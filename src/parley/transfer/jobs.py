"""The work of transfers: write an archive, or read one, telling how far it is."""

import time
from collections.abc import Callable
from typing import IO, Any

from django.core.files.base import File
from django.db import OperationalError

from parley import files
from parley.models import Feed, Transfer, locks
from parley.runner import Abandoned, Runner, at_last

from .archive import Counts, write_archive
from .reading import read_import
from .streams import LIMITS

EVERY = 1.0
"""Seconds between two updates of the progress; each goes to every open page."""


class Progress:
    """Save (done, total) conversations of a running transfer, once a second however often it is called."""

    def __init__(self, transfer: Transfer, clock: Callable[[], float] = time.monotonic) -> None:
        self._transfer, self._clock, self._due_at = transfer, clock, clock()

    def __call__(self, done: int, total: int = 0) -> None:
        """Save the progress if it is due. Raises Abandoned."""
        if runner.leaving.is_set():
            raise Abandoned
        if self._clock() < self._due_at:
            return
        if not self._advance(done, total):
            raise Abandoned
        self._due_at = self._clock() + EVERY

    def _advance(self, done: int, total: int) -> bool:
        """Tell whether the attempt goes on; it does while its row is locked, since nobody waits for that here."""
        try:
            with locks.waiting(locks.BRIEFLY):
                return self._transfer.advance(done, total)
        except OperationalError as error:
            if locks.is_locked(error):
                return True
            raise


def _export(transfer: Transfer, on_progress: Progress) -> None:
    with files.scratch() as file:
        _keep(transfer, file, write_archive(file, transfer.owner, transfer.chosen, on_progress))


def _keep(transfer: Transfer, file: IO[bytes], counts: Counts) -> None:
    size, count = file.tell(), counts["conversations"]
    file.seek(0)
    files.keep(transfer.file, File(file, name=transfer.file))
    values = {"report": [counts], "error": "files_missing" if counts["missing_files"] else ""}
    if not at_last(lambda: transfer.finish_export(size, progress=count, total=count, **values)):
        _forget_file(transfer)


def _forget_file(transfer: Transfer) -> None:
    """Remove the file of a deleted transfer; a file of a later attempt stays."""
    if not Transfer.objects.filter(pk=transfer.pk).exists():
        files.remove(transfer.file)


def _import(transfer: Transfer, on_progress: Progress) -> None:
    try:
        with files.local(transfer.file) as path:
            above = transfer.brought_in_above
            report = read_import(path, transfer.owner, on_progress, name=transfer.name, above=above)
    finally:
        at_last(lambda: _tell_every_page(transfer.owner_id))
    _settle_import(transfer, report)


def _settle_import(transfer: Transfer, report: list[dict[str, Any]]) -> None:
    came_in = sum(file["conversations"] for file in report)
    if any(file["format"] for file in report):
        at_last(lambda: transfer.finish(report=report, progress=came_in, total=came_in))
    else:
        limits = [file["error"] for file in report if file["error"] in LIMITS]
        at_last(lambda: transfer.fail(*(limits[:1] or ["unrecognised"]), report=report))


def _tell_every_page(owner_id: Any) -> None:
    """Have every open page of the owner reload once, since rows of an import are written outside of the feed."""
    if Feed.objects.filter(pk=owner_id).exists():
        Feed.advance(owner_id, removed=True)


_WORK = {Transfer.Kind.EXPORT.value: _export, Transfer.Kind.IMPORT.value: _import}


def _carry_out(transfer: Transfer) -> None:
    _WORK[transfer.kind](transfer, Progress(transfer))


runner = Runner(Transfer, _carry_out)
run = runner.run
