"""A transfer: an export or an import that runs in the background."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley import files
from parley.conf import conf
from parley.ids import first_of

from . import locks
from .admission import refuse_above
from .feed import Feed
from .job import Job, JobQuerySet
from .versioned import Versioned

MAX_EXPORTS = 5
"""Exports that one person may keep, of STORAGE_PER_PERSON bytes in all or but one; one more replaces the oldest."""


class TransferQuerySet(JobQuerySet):
    def expired(self) -> "TransferQuerySet":
        """Return those that were kept for TRANSFERS_KEPT seconds."""
        return self.filter(settled_at__lt=timezone.now() - timedelta(seconds=conf.TRANSFERS_KEPT))

    def purge(self) -> None:
        """Delete expired transfers with their files, at most 100."""
        for transfer in self.expired().defer("report")[:100]:
            with locks.brief():
                transfer.delete()


class Transfer(Job, Versioned):
    """``progress`` counts conversations, as does ``total``, which is 0 while it is not known.

    ``chosen``: the ids of the conversations to export; empty for everything that the person owns.
    ``report``: of an import, a dict for each file that was read; of an export, one dict of counts.
    """

    class Kind(models.TextChoices):
        EXPORT = "export", _("Export")
        IMPORT = "import", _("Import")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    WAITING, RUNNING, TASK = Status.WAITING, Status.RUNNING, "parley.run_transfer"
    NEEDED, MAX_UNSETTLED = ("owner",), 5

    kind = models.CharField(max_length=10, choices=Kind.choices)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    name = models.CharField(_("file name"), max_length=200, blank=True)
    file = models.CharField(max_length=200, blank=True, editable=False, help_text="A name in the private storage.")
    size = models.PositiveBigIntegerField(_("bytes"), default=0, editable=False)
    chosen = models.JSONField(default=list, editable=False)
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=list, editable=False)
    error = models.CharField(max_length=40, blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("transfer"), _("transfers")
        indexes = [
            models.Index(fields=["owner", "version"], name="parley_transfer_feed"),
            models.Index(fields=["status", "enqueued_at"], name="parley_transfer_status"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("parley:transfer_show", args=[self.pk])

    @property
    def is_export(self) -> bool:
        return self.kind == self.Kind.EXPORT

    @property
    def can_be_fetched(self) -> bool:
        return self.is_export and self.status == self.Status.DONE

    @property
    def purged_at(self) -> Any:
        """Return the time at which it is deleted with its file, or None while it is not settled."""
        return self.settled_at and self.settled_at + timedelta(seconds=conf.TRANSFERS_KEPT)

    @classmethod
    def begin(cls, owner: Any, kind: str, **values: Any) -> "Transfer":
        """Enqueue a new transfer. Raises admission.Refused and Full."""
        with transaction.atomic():
            transfer = cls(owner=owner, kind=kind, version=Feed.advance(owner.pk), **values)
            transfer.file = transfer.file or f"transfers/{transfer.pk}.zip"
            transfer.enqueue()
            if not transfer.is_export:
                refuse_above(owner)
        return transfer

    @property
    def brought_in_above(self) -> UUID | None:
        """Return the id above which all ids of conversations from earlier attempts of this import lie; None at first.

        A person has one import running, so that lower ids come from those before it, even if it waited for them.
        """
        if self.attempt < 2:
            return None
        before = Transfer.objects.filter(owner_id=self.owner_id, id__lt=self.pk)
        settled = before.aggregate(last=models.Max("settled_at"))["last"]
        return max(self.pk, first_of(settled)) if settled else self.pk

    # Transitions; each is one conditional UPDATE, so that one actor wins

    def lease_values(self) -> dict[str, Any]:
        return {"version": Feed.advance(self.owner_id), "progress": 0, "total": 0}

    def advance(self, progress: int, total: int) -> bool:
        """Write the progress; return whether this attempt still runs, or may again, its worker only thought dead."""
        ours = self._attempt.filter(worker=self.worker)
        busy = Transfer.objects.running().filter(owner_id=self.owner_id).exclude(pk=self.pk)
        waits = models.Q(~models.Exists(busy), status=self.Status.WAITING)
        ours = ours.filter(waits | models.Q(status=self.Status.RUNNING))
        return self._change(ours, status=self.Status.RUNNING, progress=progress, total=total)

    def finish(self, **values: Any) -> bool:
        """Settle it as done. ``values``: report, progress, total, size."""
        return self.settle(self.Status.DONE, **values)

    def finish_export(self, size: int, **values: Any) -> bool:
        """Finish, and delete the oldest exports beyond MAX_EXPORTS and STORAGE_PER_PERSON; return whether it did."""
        finished, kept = self.finish(size=size, **values), 0
        done = Transfer.objects.filter(owner=self.owner_id, kind=self.Kind.EXPORT, status=self.Status.DONE)
        for place, export in enumerate(done.defer("report", "chosen").order_by("-settled_at")):
            kept += export.size
            if place and (place >= MAX_EXPORTS or kept > conf.STORAGE_PER_PERSON):
                export.delete()
        return finished

    def fail(self, error: str, **values: Any) -> bool:
        return self.settle(self.Status.FAILED, error=error, **values)

    def settle(self, status: str, **values: Any) -> bool:
        """Settle it, and delete the file of an import, which is read once."""
        settled = super().settle(status, **values)
        if settled and not self.is_export:
            transaction.on_commit(lambda: files.remove(self.file), robust=True)
        return settled
