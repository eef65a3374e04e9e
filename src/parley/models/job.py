"""A job: a row whose work a worker does in the background, whatever is sent twice, lost or killed."""

from typing import Any, ClassVar

from django.db import models, transaction
from django.utils import timezone

from parley import broker

from . import admission, locks


class Job(models.Model):
    """A row that waits for a worker, runs, and settles.

    ``TASK``: the name of the Celery task that tells a worker of it; ``WAITING``: its status until one begins.
    ``OWNER``: the lookup of whom it belongs to. ``MOST_UNSETTLED``: jobs of one person that wait or run at once;
    one more is refused. None: as many as they like.
    """

    TASK: ClassVar[str]
    WAITING: ClassVar[str]
    OWNER: ClassVar[str] = "owner"
    MOST_UNSETTLED: ClassVar[int | None] = None

    owner_id: Any
    objects: Any

    class Meta:
        abstract = True

    def enqueue(self, *before: models.Model, again: models.QuerySet[Any] | None = None, **values: Any) -> bool:
        """Let it wait for a worker, which is told after the commit: the only way to a job that waits.

        A new one is inserted, after the rows ``before`` it, by the same statement. ``again``: its row, if it may be
        enqueued once more, with these values. Returns whether it waits now. Raises admission.Refused.
        """
        with transaction.atomic(savepoint=False):
            if again is None:
                self._insert(*before)
            elif not self._change(again, status=self.WAITING, rung_at=timezone.now(), **values):
                return False
            if not admission.may(self.owner_id, type(self)):
                raise admission.Refused
            transaction.on_commit(self.dispatch, robust=True)
        return True

    def _insert(self, *before: models.Model) -> None:
        self.status = self.WAITING
        type(self).objects.bulk_create([*before, self])

    def dispatch(self) -> None:
        """Tell some worker of it; when none can be told, the reaper finds that it waits, and tells one later."""
        if not broker.send(self.TASK, str(self.pk)):
            locks.unless_held(type(self).objects.filter(pk=self.pk).update, rung_at=None)

    def _change(self, allowed: models.QuerySet[Any], **values: Any) -> bool:
        """Change the rows of it that may be changed, with their place in the feed: whether it happened."""
        raise NotImplementedError
