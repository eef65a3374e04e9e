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
        self.filter(heartbeat_at__lt=Now() - timedelta(days=1)).delete()


def with_heartbeats(jobs: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Return the distinct (worker, its last heartbeat or None) of these jobs."""
    heartbeat = models.Subquery(Worker.objects.filter(pk=models.OuterRef("worker")).values("heartbeat_at"))
    return jobs.order_by().values_list("worker", heartbeat).distinct()


class Worker(models.Model):
    """A worker process, which writes a heartbeat every few seconds.

    ``heartbeat_at`` is only compared with its earlier value, so that no two clocks need to agree.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    heartbeat_at = models.DateTimeField(db_default=Now())

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def heartbeat(cls, worker_id: UUID) -> None:
        """Write the heartbeat of this process. Raises OperationalError if somebody else has locked its row."""
        with locks.brief():
            if not cls.objects.filter(pk=worker_id).update(heartbeat_at=Now()):
                cls.objects.create(pk=worker_id)

    @classmethod
    def challenge(cls, worker_id: UUID, heartbeat_at: datetime) -> bool:
        """Write a silent worker's heartbeat unchanged; return whether that worked, as it would for the worker."""
        return bool(cls.objects.filter(_same(worker_id, heartbeat_at)).update(heartbeat_at=models.F("heartbeat_at")))

    @classmethod
    def still_silent(cls, worker_id: UUID | None, heartbeat_at: datetime | None) -> models.Q:
        """Return the condition, for the statement that takes a job from this worker, that it sent no heartbeat since.

        ``heartbeat_at`` is None if the worker has no row.
        """
        others = cls.objects.filter(pk=worker_id)
        if heartbeat_at is not None:
            others = others.exclude(_same(worker_id, heartbeat_at))
        return models.Q(~models.Exists(others), worker=worker_id)

    @classmethod
    def remove(cls, worker_id: UUID) -> None:
        cls.objects.filter(pk=worker_id).delete()


def _same(worker_id: UUID | None, heartbeat_at: datetime) -> models.Q:
    return models.Q(pk=worker_id, heartbeat_at__range=(heartbeat_at - CLOSE, heartbeat_at + CLOSE))
