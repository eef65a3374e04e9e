"""A transfer: an export or an import that runs in the background."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .versioned import Versioned, VisibleQuerySet


class Transfer(Versioned):
    """``progress`` of ``total`` conversations; ``report``: a list of dicts, one for each file that was read."""

    class Kind(models.TextChoices):
        EXPORT = "export", _("Export")
        IMPORT = "import", _("Import")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    name = models.CharField(_("file name"), max_length=200, blank=True)
    file = models.CharField(max_length=200, blank=True, editable=False, help_text="A name in the private storage.")
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=list, editable=False)
    error = models.CharField(max_length=40, blank=True)
    worker = models.UUIDField(null=True, blank=True, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("transfer"), _("transfers")

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
