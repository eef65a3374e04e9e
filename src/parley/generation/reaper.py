"""Recovers jobs whose worker is gone, enqueues lost ones again, and purges what has expired."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from parley.conf import conf
from parley.models import Attachment, Conversation, Message, Share, Transfer, Worker, budget, locks, retention, spending
from parley.models.job import ALWAYS, Job
from parley.models.locks import DATABASE_AWAY
from parley.models.worker import with_heartbeats

from . import ledger, unsaved
from .liveness import Liveness

logger = logging.getLogger(__name__)

JOBS: tuple[Any, ...] = (Message, Transfer, Attachment)
SECONDS_BETWEEN_RECONCILING = SECONDS_BETWEEN_RETENTION = 3600
MAX_PURGED, LONGEST_PURGE = 20, 1.0
"""Conversations, transfers, and attachments, of one purge; seconds after which it begins no more."""
SECONDS_BETWEEN_FILES, FILES_SHARE = 30, 400
"""Between two looks for unused attachments, which read the whole table; and of the time, a 400th goes into them."""


def since_boot() -> float:
    """Return seconds by a clock that nobody can set, and that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Reaper:
    """Sweeps every few seconds, in every worker and every web server; each change is won by one of them.

    It waits for no row that somebody holds: what it cannot have now, it tries again the next time.
    """

    def __init__(self, clock: Callable[[], float] = since_boot) -> None:
        self._clock = clock
        self._reached_at: float | None = None
        self._workers = Liveness(clock)
        self._stuck: set[UUID] = set()
        self._reconciled_at: float | None = None
        self._retained_at: float | None = None
        self._files_due = -math.inf
        self._passing = threading.Lock()
        self._passed_at: float | None = None

    def sweep_if_due(self) -> None:
        """Sweep, unless a sweep runs or has just run; for callers that come often, and must neither wait nor fail."""
        if not self._passing.acquire(blocking=False):
            return
        try:
            if self._passed_at is None or self._clock() - self._passed_at >= conf.HEARTBEAT_INTERVAL:
                self._passed_at = self._clock()
                self.sweep()
        except Exception as error:
            logger.warning("The sweep failed (%s); trying again.", error)
        finally:
            self._passing.release()

    def sweep(self) -> None:
        """Recover and purge, where nothing waits for it. Raises what the database raises."""
        self.recover_lost()
        self.purge()

    def recover_lost(self) -> None:
        """Recover jobs of dead workers, and enqueue lost ones again. Raises what the database raises."""
        asked_at = self._clock()
        if self._reached_at is None or _is_long(asked_at - self._reached_at):
            self._workers.forget()
        with locks.waiting(locks.BRIEFLY):
            kinds = [kind for kind in JOBS if kind.objects.unsettled().exists()]
            self._look_at_workers(kinds, asked_at)
            for worker_id, heartbeat in self._workers.dead().items():
                self._recover_orphans(worker_id, heartbeat)
            self._dispatch_lost(kinds)
        self._reached_at = self._clock()

    def keep_budgets(self) -> None:
        """Free what is held for calls that have ended unseen, and once an hour set right what is spent."""
        if not budget.known():
            return
        with locks.waiting(locks.BRIEFLY):
            spending.free_stray()
            if self._reconciled_at is None or self._clock() - self._reconciled_at >= SECONDS_BETWEEN_RECONCILING:
                self._reconciled_at = self._clock()
                spending.reconcile()

    def keep_rules(self) -> None:
        """Delete once an hour, a portion each sweep, what the rules of retention are for."""
        if self._retained_at is None or self._clock() - self._retained_at >= SECONDS_BETWEEN_RETENTION:
            if deleted := retention.apply(timezone.now()):
                logger.info("Rules of retention have deleted %d conversations.", deleted)
            if deleted < retention.AT_ONCE:
                self._retained_at = self._clock()

    def purge(self) -> None:
        """Delete for good what has expired, a little at a time; what cannot be deleted comes last."""
        expired = [(model, pk) for model in self._kinds() for pk in self._expired(model)]
        until = self._clock() + LONGEST_PURGE
        if not expired:
            self._stuck.clear()
        for model, pk in expired:
            if self._clock() >= until:
                return
            self._delete(model, pk)

    def _kinds(self) -> list[Any]:
        """Return the models to purge now."""
        if self._clock() < self._files_due:
            return [Conversation, Transfer]
        locks.unless_held(Share.objects.forget_expired)  # They hold pictures.
        return [Conversation, Transfer, Attachment]

    def _expired(self, model: Any) -> list[UUID]:
        begun = self._clock()
        expired = list(model.objects.expired().exclude(pk__in=self._stuck).values_list("pk", flat=True)[:MAX_PURGED])
        if model is Attachment and len(expired) < MAX_PURGED:
            self._files_due = begun + max(SECONDS_BETWEEN_FILES, FILES_SHARE * (self._clock() - begun))
        return expired

    def _delete(self, model: Any, pk: UUID) -> None:
        try:
            with locks.waiting(locks.BRIEFLY):
                model.objects.filter(pk=pk).purge()
        except Exception as error:
            if not locks.is_locked(error):
                logger.exception("%s %s could not be deleted for good.", model.__name__, pk)
            self._stuck.add(pk)

    def recover(self, jobs: Iterable[Job], still: Q = ALWAYS) -> None:
        """Recover jobs that no worker runs any more, each where ``still`` holds for its row.

        One that cannot be recovered does not stop the others; a person whose rows are held is tried once.
        """
        held, lost = set[Any](), list(jobs)
        shown = unsaved.beyond([job for job in lost if isinstance(job, Message)])
        for job in lost:
            try:
                if job.owner_id not in held:
                    self._recover(job, still, shown.get(job.pk, {}))
            except DATABASE_AWAY as error:
                if not locks.is_locked(error):
                    raise
                held.add(job.owner_id)
            except Exception:
                logger.exception("%s %s could not be recovered.", type(job).__name__, job.pk)

    def _recover(self, job: Any, still: Q, shown: dict[str, Any]) -> None:
        recover = partial(job.recover, died=True, still=still, **shown)
        if ledger.recover(job, recover) if isinstance(job, Message) else recover():
            about = {"reply": str(job.pk), "attempt": job.attempt} if isinstance(job, Message) else {}
            kind = type(job).__name__
            logger.warning("%s %s lost its worker and is now %s.", kind, job.pk, job.status, extra=about)
            if shown:
                unsaved.forget(job)
            if isinstance(job, Message):
                dispatch_next(job)

    def _look_at_workers(self, kinds: Iterable[Any], asked_at: float) -> None:
        """Read heartbeats and challenge suspects; an answer that was long on its way says nothing of the present."""
        heartbeats = {
            worker: heartbeat for kind in kinds for worker, heartbeat in with_heartbeats(kind.objects.running())
        }
        if _is_long(self._clock() - asked_at):
            self._workers.forget()
        self._workers.look(heartbeats)
        for worker_id, heartbeat in self._workers.suspects().items():
            if locks.unless_held(Worker.challenge, worker_id, heartbeat):
                self._workers.challenged(worker_id)

    def _recover_orphans(self, worker_id: UUID | None, heartbeat: datetime | None) -> None:
        still = Worker.still_silent(worker_id, heartbeat)
        for kind in JOBS:
            self.recover(kind.objects.orphaned(worker_id).select_related(*kind.NEEDED)[:1000], still)

    def _dispatch_lost(self, kinds: Iterable[Any]) -> None:
        for kind in kinds:
            for job in kind.objects.lost().only("pk")[:1000]:
                if locks.unless_held(kind.objects.lost().filter(pk=job.pk).update, enqueued_at=timezone.now()):
                    job.dispatch()


def _is_long(seconds: float) -> bool:
    return seconds > 2 * conf.HEARTBEAT_INTERVAL


def dispatch_next(reply: Message) -> None:
    """Enqueue the person's next replies after one of theirs has settled."""
    for waiting in next_of(reply):
        waiting.dispatch()


def next_of(reply: Message) -> list[Message]:
    """Return the person's next replies after one of theirs has settled; mostly none, which one short query finds."""
    owner_id = reply.owner_id
    if not Message.objects.any_pending_of(owner_id):
        return []
    return list(Message.objects.waiting_of(owner_id)[: conf.MAX_PER_PERSON])
