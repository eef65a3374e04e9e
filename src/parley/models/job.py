"""A job: a row whose work a worker does in the background, whatever is sent twice, lost or killed.

waiting ──claim──▶ running ──settle──▶ one of its ends; requeue returns it to waiting when its worker is gone.
Each is one conditional UPDATE that names the attempt, so that of several actors one wins.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When, Window
from django.db.models.expressions import Combinable
from django.db.models.functions import RowNumber
from django.utils import timezone

from parley import broker
from parley.conf import conf

from . import admission, locks
from .feed import Feed
from .statements import Rows, insert, load_related
from .versioned import VisibleQuerySet

ALWAYS = Q()
MAX_DEATHS = 3
"""Times that a job is begun again automatically because its worker died."""

Unsettled = tuple[UUID, Any, Any, bool, bool]
"""(id, owner, lane, whether it runs, whether it must wait for something else) of a job."""


class Claim(NamedTuple):
    """The jobs that were begun, and the ids of those whose turn it is but whose rows are locked by somebody else."""

    begun: list[Any]
    held: set[UUID]


def in_turn(unsettled: Iterable[Unsettled], ids: set[UUID], *, most: int) -> list[UUID]:
    """Return which of the jobs ``ids`` may begin, given all unsettled ones in order. Pure.

    A job waits for all earlier ones of its lane, and while ``most`` others of its person are running.

    >>> jobs = [(1, "ann", "a", True, False), (2, "ann", "b", False, False), (3, "ann", "b", False, False)]
    >>> in_turn(jobs, {2, 3}, most=2)
    [2]
    >>> in_turn([(1, "ann", "a", False, True), (2, "ann", "a", False, False)], {1, 2}, most=2)
    []
    """
    rows, begun, busy = list(unsettled), [], set()
    running = Counter(owner for _, owner, _, runs, _ in rows if runs)
    for pk, owner, lane, runs, waits in rows:
        if not (runs or waits) and pk in ids and lane not in busy and running[owner] < most:
            begun.append(pk)
            running[owner] += 1
        busy.add(lane)
    return begun


class JobQuerySet(VisibleQuerySet):
    def unsettled(self) -> Any:
        """Return those that wait or run."""
        return self.filter(settled_at=None)

    def running(self) -> Any:
        return self.unsettled().filter(status=self.model.RUNNING).order_by("id")

    def orphaned(self, worker_id: UUID | None) -> Any:
        """Return the running jobs of a worker that is gone."""
        return self.running().filter(worker=worker_id)

    def lost(self) -> Any:
        """Return the waiting jobs without a task, and those whose task was sent so long ago that it must be lost.

        One that is enqueued in the future is as well: a clock was moved, and its task may never have been sent.
        """
        now, patience = timezone.now(), timedelta(seconds=conf.JOB_LOST_AFTER)
        unsent = Q(enqueued_at=None) | Q(enqueued_at__lt=now - patience) | Q(enqueued_at__gt=now + patience)
        return self.unsettled().filter(unsent, status=self.model.WAITING).order_by("id")

    def counted(self) -> Any:
        """Return those of which a person may have MAX_UNSETTLED."""
        return self.unsettled()

    def rank(self) -> Any:
        """Return the expression by which a job comes before others; lower ones come first."""
        return Value(0)

    def next_in_line(self) -> Any:
        """Return the first waiting ones of each person, as many as may run beside those that do.

        Those of the lowest rank come first, and of these the person who was served the longest ago.
        """
        runs = Q(status=self.model.RUNNING)
        begun = self.model.objects.filter(owner=OuterRef("owner"), started_at__isnull=False).order_by("-started_at")
        line = self.unsettled().annotate(rank=self.rank(), served_at=Subquery(begun.values("started_at")[:1]))
        turn = Window(RowNumber(), F("owner"), [Case(When(runs, then=0), default=1), "rank", "id"])
        line = line.annotate(turn=turn, running=Window(Count("id", filter=runs), F("owner")))
        first = line.filter(turn__gt=F("running"), turn__lte=self.model.at_once())
        return first.order_by("rank", F("served_at").asc(nulls_first=True), "id")

    def claim(self, ids: Iterable[UUID], worker_id: UUID) -> Claim:
        """Begin those of these jobs whose turn it is (waiting → running), for one worker.

        The transaction takes its locks first, waits for none, and is short. The jobs that it returns need no reload.
        """
        turn = self._in_turn(ids := set(ids))
        if not turn:
            return Claim([], set())
        with transaction.atomic():
            owners = Feed.hold(turn.values())
            held = {pk for pk, owner in turn.items() if owner not in owners}
            turn = {pk: owner for pk, owner in self._in_turn(ids - held).items() if owner in owners} if owners else {}
            begun = self._lease_all(turn, worker_id) if turn else []
        missed = turn.keys() - {job.pk for job in begun}
        if missed:
            held |= set(self.filter(pk__in=missed, status=self.model.WAITING).values_list("pk", flat=True))
        return Claim(begun, held)

    def _in_turn(self, ids: set[UUID]) -> dict[UUID, Any]:
        """Return {id: owner} of those of these jobs that may begin now."""
        rows = self.in_line(ids)
        owner_of = {pk: owner for pk, owner, *_ in rows}
        return {pk: owner_of[pk] for pk in in_turn(rows, ids, most=self.model.at_once())}

    def in_line(self, ids: set[UUID]) -> list[Unsettled]:
        """Return all unsettled jobs, in order, of the people for whom one of these jobs waits."""
        kind = self.model
        owners = self.filter(pk__in=ids, status=kind.WAITING).values(kind.OWNER)
        theirs = self.unsettled().filter(**{f"{kind.OWNER}__in": owners}).order_by("id")
        rows = theirs.values_list("pk", kind.OWNER, kind.LANE, "status")
        return [(pk, owner, lane, status == kind.RUNNING, False) for pk, owner, lane, status in rows]

    def _lease_all(self, ids: Iterable[UUID], worker_id: UUID) -> list[Any]:
        waiting = Rows.of(self.model, ids, " AND status = %s", self.model.WAITING).load_free()
        for path in self.model.NEEDED:
            load_related(waiting, path.split("__"))
        alike: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for job in waiting:
            alike[tuple(job.lease_values().items())].append(job)
        begun = [job for values, jobs in alike.items() for job in self._lease(jobs, worker_id, dict(values))]
        return sorted(begun, key=lambda job: job.pk)

    def _lease(self, jobs: list[Any], worker_id: UUID, values: dict[str, Any]) -> list[Any]:
        """Lease these jobs in one UPDATE; return those that nobody has changed since they were read."""
        ids = [job.pk for job in jobs]
        values |= {"status": self.model.RUNNING, "worker": worker_id, "started_at": timezone.now()}
        waiting = Rows.of(self.model, ids, " AND status = %s", self.model.WAITING)
        changed = waiting.update("attempt = attempt + 1", **values)
        if changed < len(ids):
            ours = set(self.filter(pk__in=ids, **values).values_list("pk", flat=True))
            jobs = [job for job in jobs if job.pk in ours]
        for job in jobs:
            vars(job).update(attempt=job.attempt + 1, **values)
        return jobs


class Job(models.Model):
    """A row that waits for a worker, runs, and settles.

    ``WAITING``, ``RUNNING``, ``FAILED``: values of its status. ``TASK``: the name of its Celery task. ``OWNER``,
    ``LANE``: lookups of its person, and of that which has one job running at a time. ``NEEDED``: related rows to load
    with it. ``MAX_UNSETTLED``: jobs of one person that may wait or run; one more is refused.
    """

    WAITING: ClassVar[str]
    RUNNING: ClassVar[str]
    FAILED: ClassVar[str] = "failed"
    TASK: ClassVar[str]
    OWNER: ClassVar[str] = "owner"
    LANE: ClassVar[str] = "pk"
    NEEDED: ClassVar[tuple[str, ...]] = ()
    MAX_UNSETTLED: ClassVar[int | None] = None

    owner_id: Any
    status: Any
    version: Any
    objects: Any

    attempt = models.PositiveIntegerField(default=0, editable=False)
    worker = models.UUIDField(null=True, blank=True, editable=False)
    deaths = models.PositiveSmallIntegerField(default=0, editable=False)
    enqueued_at = models.DateTimeField(null=True, blank=True, default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def at_once(cls) -> int:
        """Return how many jobs of one person may run at the same time."""
        return 1

    def lease_values(self) -> dict[str, Any]:
        """Return what else a claim sets, in its transaction; jobs with equal values are begun by one UPDATE."""
        return {}

    @property
    def settled(self) -> bool:
        return self.status not in (self.WAITING, self.RUNNING)

    # Transitions

    def enqueue(self, *before: models.Model, again: models.QuerySet[Any] | None = None, **values: Any) -> bool:
        """Let it wait for a worker, and send its task after the commit; there is no other way to a waiting job.

        A new one is inserted by one statement, after the rows ``before`` it. ``again``: its row, if it may be enqueued
        once more, with these values. Return whether it waits now. Raises admission.Refused.
        """
        if again is None:
            self.status = self.WAITING
            with transaction.atomic(savepoint=False):
                insert([*before, self])
                self._admit()
            return True
        with self._while_it_is_there(), transaction.atomic(savepoint=False):
            if self._change(again, status=self.WAITING, enqueued_at=timezone.now(), **values):
                self._admit()
                return True
        return False

    def _admit(self) -> None:
        if not admission.may(self.owner_id, type(self)):
            raise admission.Refused
        transaction.on_commit(self.dispatch, robust=True)

    def dispatch(self) -> None:
        """Send its task; if the broker is away, note that no task was sent, and the reaper sends one later."""
        if not broker.send(self.TASK, str(self.pk)):
            locks.unless_held(type(self).objects.filter(pk=self.pk).update, enqueued_at=None)

    def claim(self, worker_id: UUID) -> bool:
        """Begin it (waiting → running), for one worker, if it is its turn; return whether it was begun."""
        begun = type(self).objects.claim([self.pk], worker_id).begun
        for job in begun:
            vars(self).update({field.attname: vars(job)[field.attname] for field in self._meta.concrete_fields})
        return bool(begun)

    def settle(self, status: str, *, among: models.QuerySet[Any] | None = None, **values: Any) -> bool:
        """End it (running → settled), while this attempt may write it, or if its row is ``among`` these."""
        allowed = self._ours if among is None else among
        return self._change(allowed, status=status, settled_at=timezone.now(), **values)

    def recover(self, *, died: bool = True, still: Q = ALWAYS, given_up: str = "") -> bool:
        """Requeue it after its worker is gone; fail it after MAX_DEATHS, with an error.

        ``still``: what must be true of its row, besides that this attempt is running. ``given_up``: another error.
        """
        if died and self.deaths >= MAX_DEATHS:
            running = self._running.filter(still)
            if given_up:
                return self.settle(self.FAILED, among=running, error=given_up)
            return self.settle(self.FAILED, among=running, error="worker_gone_again")
        return self.requeue(died=died, still=still)

    def requeue(self, *, died: bool, still: Q = ALWAYS, **values: Any) -> bool:
        """Let it wait for another worker (running → waiting). ``still``: see recover."""
        again = {"deaths": F("deaths") + int(died), "enqueued_at": None}
        return self._change(self._running.filter(still), status=self.WAITING, **again, **values)

    @property
    def _attempt(self) -> models.QuerySet[Any]:
        attempt: models.QuerySet[Any] = type(self).objects.filter(pk=self.pk, attempt=self.attempt)
        return attempt

    @property
    def _running(self) -> models.QuerySet[Any]:
        return self._attempt.filter(status=self.RUNNING)

    @property
    def _ours(self) -> models.QuerySet[Any] | Rows:
        """Return its row, while this attempt may write it."""
        return self._running

    record: Callable[[int], Any] = staticmethod(lambda changed: None)
    """Called last in the transaction of a change, with the number of rows it changed; see generation.ledger."""

    def _change(self, allowed: models.QuerySet[Any] | Rows, **values: Any) -> bool:
        """Make one conditional UPDATE that advances the feed; return whether it changed the row."""
        version, changed = self._update(allowed, values)
        if changed and any(isinstance(value, Combinable) for value in values.values()):
            self.refresh_from_db(fields=["version", *values])
        elif changed:
            vars(self).update(version=version, **values)
        return bool(changed)

    def _update(self, allowed: models.QuerySet[Any] | Rows, values: dict[str, Any]) -> tuple[int, int]:
        """Return (version, rows changed): (0, 0) if the person was deleted, and the feed with them."""
        with self._while_it_is_there(), transaction.atomic():
            version = Feed.advance(self.owner_id)
            changed = allowed.update(version=version, **values)
            self.record(changed)
            return version, changed
        return 0, 0

    @contextmanager
    def _while_it_is_there(self) -> Iterator[None]:
        """Do nothing if the person was deleted, and this row and their feed with them."""
        try:
            yield
        except IntegrityError:
            if type(self).objects.filter(pk=self.pk).exists():
                raise
