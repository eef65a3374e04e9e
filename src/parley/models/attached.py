"""What a model gets of an attachment, and what uses it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .attachment import Attachment
    from .message import Message

HOLDERS = ("message", "folder", "share")


class Octets(models.Func):
    """Counts the bytes of a text as UTF-8, in the database."""

    function, output_field = "octet_length", models.IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="length(CAST(%(expressions)s AS BLOB))", **context)


class AttachmentText(models.Model):
    """What a model gets of a document. ``breaks``: the first character of each page or sheet."""

    attachment = models.OneToOneField("parley.Attachment", models.CASCADE, primary_key=True, related_name="text")
    text = models.TextField()
    breaks = models.JSONField(default=list)

    class Meta:
        verbose_name, verbose_name_plural = _("text of an attachment"), _("texts of attachments")

    def __str__(self) -> str:
        return str(self.attachment_id)


class Attached(models.Model):
    """The use of an attachment by one holder: a question, a folder, or a shared link. ``on``: a folder sends it."""

    attachment = models.ForeignKey("parley.Attachment", models.RESTRICT, related_name="uses")
    message = models.ForeignKey("parley.Message", models.CASCADE, null=True, db_index=False, related_name="attached")
    folder = models.ForeignKey("parley.Folder", models.CASCADE, null=True, db_index=False, related_name="attached")
    share = models.ForeignKey("parley.Share", models.CASCADE, null=True, db_index=False, related_name="attached")
    position = models.PositiveSmallIntegerField(default=0)
    on = models.BooleanField(default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("use of an attachment"), _("uses of attachments")
        ordering = ("position", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(message=None, folder=None, share__isnull=False)
                | Q(message=None, folder__isnull=False, share=None)
                | Q(message__isnull=False, folder=None, share=None),
                name="parley_attached_holder",
            ),
            *(
                models.UniqueConstraint(
                    fields=[holder, "attachment"],
                    condition=Q(**{f"{holder}__isnull": False}),
                    name=f"parley_attached_{holder}",
                )
                for holder in HOLDERS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attachment_id} {self.position}"

    @classmethod
    def hold(cls, attachments: "Iterable[Attachment]", **holder: Any) -> None:
        """Let a ``message``, ``folder`` or ``share`` use these attachments, after those that it has."""
        first = cls.objects.filter(**holder).count()
        rows: Any = [cls(attachment=each, position=first + place, **holder) for place, each in enumerate(attachments)]
        cls.objects.bulk_create(rows)

    @classmethod
    def touch_folders(cls, attachment_id: Any, version: int) -> None:
        """Let pages of folders that have an attachment learn of a change, in the transaction that advanced the feed."""
        folders: Any = cls._meta.get_field("folder").related_model
        folders._default_manager.filter(attached__attachment=attachment_id).update(version=version)

    @classmethod
    def fill(cls, messages: "Sequence[Message]") -> None:
        """Set ``files`` of these messages: the attachments of each, in order; one query, none without a question."""
        files: dict[Any, list[Attachment]] = {message.pk: [] for message in messages if message.role == "user"}
        rows = cls.objects.filter(message__in=files) if files else cls.objects.none()
        for row in rows.select_related("attachment"):
            files[row.message_id].append(row.attachment)
        for message in messages:
            message.files = files.get(message.pk, ())
