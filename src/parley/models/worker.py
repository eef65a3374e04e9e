"""The processes that write replies, and whether they are alive."""

from datetime import timedelta
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from parley.conf import conf
from parley.ids import uuid7


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> models.QuerySet:
        """The ids of the workers that were heard lately, by the database's clock."""
        return self.filter(beat_at__gt=Now() - timedelta(seconds=conf.DEAD_AFTER)).values("id")

    def forget_long_dead(self) -> None:
        self.filter(beat_at__lt=Now() - timedelta(days=1)).delete()


class Worker(models.Model):
    """A worker process; it says every few seconds that it is alive."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    beat_at = models.DateTimeField(db_default=Now())

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def beat(cls, worker_id: UUID) -> None:
        """This process is alive."""
        if not cls.objects.filter(pk=worker_id).update(beat_at=Now()):
            cls.objects.forget_long_dead()
            cls.objects.create(pk=worker_id)

    @classmethod
    def gone(cls, worker_id: UUID) -> None:
        cls.objects.filter(pk=worker_id).delete()
