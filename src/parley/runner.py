"""Run jobs in a worker: one attempt at a time each, whatever is enqueued twice, lost or killed."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from parley.models.locks import DATABASE_AWAY

logger = logging.getLogger(__name__)

AT_ONCE = 2
"""Jobs of one kind that a worker process runs at once; the rest of its processor time is for replies."""
TRIED = 5
"""Jobs of which a claim is tried, for somebody may hold the rows of their people."""
DATABASE_PATIENCE = 600
"""Tries, half a second apart, to write the end of a job."""


class Abandoned(Exception):
    """Raised to end this attempt: the job was cancelled, handed over, or claimed by another worker."""


class HostFailed(Exception):
    """Raised where this host, not what the job is about, keeps it from being done: no memory, no process, no disk."""


class Runner:
    """Runs the jobs of one model. ``work``: called with a job that was begun, settles it, or raises."""

    def __init__(self, kind: Any, work: Callable[[Any], None]) -> None:
        self._kind, self._work = kind, work
        self.turns = threading.BoundedSemaphore(AT_ONCE)
        self.leaving = threading.Event()

    def run(self, worker_id: UUID) -> str:
        """Claim and run the job whose turn it is, then dispatch the next ones → its status, or "" without one.

        A task names a job, but means any: of many that wait, that of the person comes first who was served longest ago.
        """
        if not self.turns.acquire(blocking=False):
            return ""
        try:
            status = self._run(worker_id)
        finally:
            self.turns.release()
        if status and not self.leaving.is_set():
            self.dispatch_next()
        return status

    def end_soon(self) -> None:
        """Begin shutdown: each running job is handed over as soon as its work looks at ``leaving``."""
        self.leaving.set()

    def dispatch_next(self) -> None:
        """Dispatch the first waiting jobs: their earlier tasks were turned away while this process was full."""
        for job in self._kind.objects.next_in_line().only("pk")[:AT_ONCE]:
            job.dispatch()

    def _run(self, worker_id: UUID) -> str:
        job = at_last(lambda: self._begun(worker_id))
        if job is None:
            return ""
        self._carry_out(job)
        return str(job.status)

    def _begun(self, worker_id: UUID) -> Any:
        """Claim the first job in line whose row nobody holds → the job, or None."""
        for job_id in self._kind.objects.next_in_line().values_list("pk", flat=True)[:TRIED]:
            if begun := self._kind.objects.claim([job_id], worker_id).begun:
                return begun[0]
        return None

    def _carry_out(self, job: Any) -> None:
        name = f"{type(job).__name__} {job.pk}"
        try:
            self._work(job)
        except Abandoned:
            at_last(lambda: job.requeue(died=False))
        except DATABASE_AWAY as error:
            logger.warning("%s lost the database (%s); it is begun again.", name, error)
            at_last(job.recover)
        except HostFailed as error:
            logger.warning("%s could not be carried out on this host (%r); it is begun again.", name, error.__cause__)
            at_last(lambda: job.recover(given_up="host"))
        except Exception:
            logger.exception("%s could not be carried out.", name)
            at_last(lambda: job.fail("internal"))


def at_last(change: Callable[[], Any]) -> Any:
    """Repeat a change until the database answers → its result; otherwise the row would stay running for ever."""
    for _ in range(DATABASE_PATIENCE):
        try:
            return change()
        except DATABASE_AWAY as error:
            logger.warning("The database does not answer (%s); trying again.", error)
            time.sleep(0.5)
    return change()
