"""Worker processes, and whether they are alive."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from parley.ids import uuid7

from . import locks

CLOSE = timedelta(milliseconds=1)
"""SQLite stores its own time with fewer digits than ours."""


class WorkerQuerySet(models.QuerySet["Worker"]):
    def forget_long_dead(self) -> None:
        """Delete those without a heartbeat for a day; one that is alive, after a change of clocks, returns."""
        self.filter(beat_at__lt=Now() - timedelta(days=1)).delete()


def with_beats(jobs: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Return the distinct (worker, its last heartbeat or None) of these jobs."""
    beat = models.Subquery(Worker.objects.filter(pk=models.OuterRef("worker")).values("beat_at"))
    return jobs.order_by().values_list("worker", beat).distinct()


class Worker(models.Model):
    """A worker process, which writes a heartbeat every few seconds.

    ``beat_at`` is only compared with its earlier value, so that no two clocks need to agree.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    beat_at = models.DateTimeField(db_default=Now())

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def beat(cls, worker_id: UUID) -> None:
        """Write the heartbeat of this process. Raises OperationalError if somebody else has locked its row."""
        with locks.brief():
            if not cls.objects.filter(pk=worker_id).update(beat_at=Now()):
                cls.objects.create(pk=worker_id)

    @classmethod
    def challenge(cls, worker_id: UUID, beat_at: datetime) -> bool:
        """Write a silent worker's heartbeat unchanged; return whether that worked, as it would for the worker."""
        return bool(cls.objects.filter(_same(worker_id, beat_at)).update(beat_at=models.F("beat_at")))

    @classmethod
    def still_silent(cls, worker_id: UUID | None, beat_at: datetime | None) -> models.Q:
        """Return the condition, for the statement that takes a job from this worker, that it sent no heartbeat since.

        ``beat_at`` is None if the worker has no row.
        """
        others = cls.objects.filter(pk=worker_id)
        if beat_at is not None:
            others = others.exclude(_same(worker_id, beat_at))
        return models.Q(~models.Exists(others), worker=worker_id)

    @classmethod
    def gone(cls, worker_id: UUID) -> None:
        cls.objects.filter(pk=worker_id).delete()


def _same(worker_id: UUID | None, beat_at: datetime) -> models.Q:
    return models.Q(pk=worker_id, beat_at__range=(beat_at - CLOSE, beat_at + CLOSE))
