"""Run transfers in a worker: one attempt at a time each, whatever is enqueued twice, lost or killed."""

import logging
import threading
import time
from collections.abc import Callable
from typing import IO, Any
from uuid import UUID

from django.core.files.base import File
from django.db import OperationalError

from parley import files
from parley.models import Feed, Transfer, locks
from parley.models.admission import Full, storage_left
from parley.models.locks import DATABASE_AWAY

from .archive import Counts, OnProgress, write_archive
from .reading import read_import
from .streams import LIMITS

logger = logging.getLogger(__name__)

AT_ONCE = 2
"""Transfers that one worker process runs at once; the rest of its processor time is for replies."""
EVERY = 1.0
"""Seconds between two updates of the progress; each goes to every open page."""
DATABASE_PATIENCE = 600
"""Tries, half a second apart, to write the end of a transfer."""

_turns = threading.BoundedSemaphore(AT_ONCE)
_leaving = threading.Event()


class Abandoned(Exception):
    """Raised to end this attempt: the transfer was cancelled, handed over, or claimed by another worker."""


def run(transfer_id: UUID, worker_id: UUID) -> str:
    """Claim and run a transfer, then dispatch the next ones → its status, or "" when it could not be claimed."""
    if not _turns.acquire(blocking=False):
        return ""
    try:
        status = _run(transfer_id, worker_id)
    finally:
        _turns.release()
    if status:
        dispatch_next()
    return status


def end_soon() -> None:
    """Begin shutdown: every running transfer is handed over at its next progress."""
    _leaving.set()


def dispatch_next() -> None:
    """Dispatch the first waiting transfers: their earlier tasks were turned away while this process was full."""
    for transfer in Transfer.objects.next_in_line().only("pk")[:AT_ONCE]:
        transfer.dispatch()


def _run(transfer_id: UUID, worker_id: UUID) -> str:
    begun = _at_last(lambda: Transfer.objects.claim([transfer_id], worker_id).begun)
    if not begun:
        return ""
    transfer = begun[0]
    try:
        _WORK[transfer.kind](transfer, Progress(transfer))
    except Abandoned:
        _at_last(lambda: transfer.requeue(died=False))
    except DATABASE_AWAY as error:
        logger.warning("Transfer %s lost the database (%s); it is begun again.", transfer.pk, error)
        _at_last(transfer.recover)
    except Exception:
        logger.exception("Transfer %s could not be carried out.", transfer.pk)
        _at_last(lambda: transfer.fail("internal"))
    return str(transfer.status)


class Progress:
    """Save (done, total) conversations of a running transfer, once a second however often it is called."""

    def __init__(self, transfer: Transfer, clock: Callable[[], float] = time.monotonic) -> None:
        self._transfer, self._clock, self._due_at = transfer, clock, clock()

    def __call__(self, done: int, total: int = 0) -> None:
        """Save the progress if it is due. Raises Abandoned."""
        if _leaving.is_set():
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
    room = storage_left(transfer.owner)
    with files.scratch() as file:
        try:
            counts = write_archive(file, transfer.owner, transfer.chosen, _within(room, file, on_progress))
        except Full:
            _at_last(lambda: transfer.fail("storage_full"))
            return
        _keep(transfer, file, counts)


def _within(room: int, file: IO[bytes], on_progress: OnProgress) -> OnProgress:
    """Wrap ``on_progress`` so that it raises Full once the file has more than ``room`` bytes."""

    def progress(done: int, total: int) -> None:
        if file.tell() > room:
            raise Full
        on_progress(done, total)

    return progress


def _keep(transfer: Transfer, file: IO[bytes], counts: Counts) -> None:
    size, count = file.tell(), counts["conversations"]
    file.seek(0)
    files.keep(transfer.file, File(file, name=transfer.file))
    if not _at_last(lambda: transfer.finish_export(size, report=[counts], progress=count, total=count)):
        _forget_file(transfer)


def _forget_file(transfer: Transfer) -> None:
    """Remove the file of a deleted transfer, or of one without room; a file of a later attempt stays."""
    if not Transfer.objects.filter(pk=transfer.pk).exists() or transfer.status == Transfer.Status.FAILED:
        files.remove(transfer.file)


def _import(transfer: Transfer, on_progress: Progress) -> None:
    try:
        with files.local(transfer.file) as path:
            above = transfer.brought_in_above
            report = read_import(path, transfer.owner, on_progress, name=transfer.name, above=above)
    finally:
        _at_last(lambda: _tell_every_page(transfer.owner_id))
    _settle_import(transfer, report)


def _settle_import(transfer: Transfer, report: list[dict[str, Any]]) -> None:
    came_in = sum(file["conversations"] for file in report)
    if any(file["format"] for file in report):
        _at_last(lambda: transfer.finish(report=report, progress=came_in, total=came_in))
    else:
        limits = [file["error"] for file in report if file["error"] in LIMITS]
        _at_last(lambda: transfer.fail(*(limits[:1] or ["unrecognised"]), report=report))


def _tell_every_page(owner_id: Any) -> None:
    """Have every open page of the owner reload once, since rows of an import are written outside of the feed."""
    if Feed.objects.filter(pk=owner_id).exists():
        Feed.advance(owner_id, removed=True)


_WORK = {Transfer.Kind.EXPORT.value: _export, Transfer.Kind.IMPORT.value: _import}


def _at_last(change: Callable[[], Any]) -> Any:
    """Repeat a change until the database answers → its result; otherwise the row would stay running for ever."""
    for _ in range(DATABASE_PATIENCE):
        try:
            return change()
        except DATABASE_AWAY as error:
            logger.warning("The database does not answer (%s); trying again.", error)
            time.sleep(0.5)
    return change()
