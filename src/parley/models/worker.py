"""The processes that write replies, and whether they are alive."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from parley.ids import uuid7

from . import locks

CLOSE = timedelta(milliseconds=1)
"""SQLite keeps fewer digits of its own time than of ours."""


class WorkerQuerySet(models.QuerySet["Worker"]):
    def forget_long_dead(self) -> None:
        """Delete rows of a day ago. A worker that lives, and whose row went because a clock was moved, makes it again."""
        self.filter(beat_at__lt=Now() - timedelta(days=1)).delete()


def with_beats(jobs: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """(worker, its beat or None) of these rows, each once."""
    beat = models.Subquery(Worker.objects.filter(pk=models.OuterRef("worker")).values("beat_at"))
    return jobs.order_by().values_list("worker", beat).distinct()


class Worker(models.Model):
    """A worker process; it says every few seconds that it is alive.

    ``beat_at`` is compared with nothing but itself: whether it has changed. No two clocks need to agree.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    beat_at = models.DateTimeField(db_default=Now())

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def beat(cls, worker_id: UUID) -> None:
        """This process is alive. Raises OperationalError when somebody else holds its row."""
        with locks.brief():
            if not cls.objects.filter(pk=worker_id).update(beat_at=Now()):
                cls.objects.create(pk=worker_id)

    @classmethod
    def challenge(cls, worker_id: UUID, beat_at: datetime) -> bool:
        """Write a silent worker's beat as it is: whether that was possible, so that the worker could have written too."""
        return bool(cls.objects.filter(_same(worker_id, beat_at)).update(beat_at=models.F("beat_at")))

    @classmethod
    def still_silent(cls, worker_id: UUID | None, beat_at: datetime | None) -> models.Q:
        """Of a job of this worker: that it has not beaten again, to be asked in the statement that takes the job away.

        ``beat_at`` is None where the worker has no row.
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
