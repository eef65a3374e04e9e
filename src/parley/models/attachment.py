"""An attachment: a picture or a document that a person sends with questions, or keeps in a folder."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.files.base import File
from django.db import models, transaction
from django.db.models import Case, Exists, OuterRef, Q, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley import errors, files
from parley.conf import conf
from parley.ids import uuid7

from .admission import refuse_above
from .attached import Attached, AttachmentText
from .feed import Feed
from .job import Job, JobQuerySet
from .versioned import Versioned

if TYPE_CHECKING:
    from .conversation import Conversation
    from .named import Folder

UNSENT_FOR = timedelta(hours=24)
"""How long a file is kept that was chosen and not sent."""
TOLD_AFTER = timedelta(minutes=1)
"""How long the row stays of a file that was taken out of a draft: until every tab knows."""
MAX_PURGED = 100
MAX_AWAITED = 1_000
"""Questions without an answer of which files are looked for in an import."""
PARTS = ("original", "picture", "thumb")
"""Names of its files, each of which it may have."""


class AttachmentGone(Exception):
    """One of the attachments is no longer there, or is somebody else's."""


class AttachmentUnread(Exception):
    """An ``attachment`` of the question could not be read."""

    def __init__(self, attachment: "Attachment") -> None:
        super().__init__(attachment)
        self.attachment = attachment


class TooMany(Exception):
    """The draft or the folder has as many files as it may."""


class AttachmentQuerySet(JobQuerySet):
    def lost(self) -> Any:
        """Return the lost ones whose turn it is: an import leaves thousands, and each that ends dispatches the next."""
        lost = super().lost()
        return lost.filter(pk__in=self.model.objects.next_in_line().values("pk"))

    def counted(self) -> Any:
        return self.unsettled().filter(imported=None)

    def rank(self) -> Any:
        """Put those of imports last, but for those that a reply waits for."""
        asked = _messages().unsettled().filter(status="pending").values_list("parent", flat=True)[:MAX_AWAITED]
        awaited = Attached.objects.filter(message__in=list(asked))
        return Case(When(Q(imported=None) | Q(pk__in=awaited.values("attachment")), then=0), default=1)

    def drafted_in(self, owner: Any, conversation: "Conversation | None") -> Any:
        """Return what a person has chosen and not sent, for one conversation, or, without one, for a new one."""
        return self.usable().filter(owner=owner, drafted=True, conversation=conversation).order_by("id")

    def usable(self) -> Any:
        """Return those that are not being deleted."""
        return self.exclude(status=Attachment.Status.GONE)

    def take(self, owner_id: Any, ids: Iterable[UUID], version: int) -> "list[Attachment]":
        """Return a person's attachments with these ids, in this order, for a question; they leave their draft.

        Call it in a transaction that has advanced the feed. Raises AttachmentGone and AttachmentUnread.
        """
        ids = list(dict.fromkeys(ids))
        mine = self.usable().filter(owner_id=owner_id, pk__in=ids)
        found: dict[UUID, Attachment] = {row.pk: row for row in mine}
        for row in found.values():
            if row.status == row.FAILED:
                raise AttachmentUnread(row)
        sent = {"drafted": False, "imported": None, "conversation": None, "used_at": timezone.now()}
        taken = mine.update(version=version, **sent) if ids else 0
        if taken < len(ids):
            raise AttachmentGone
        return [found[pk] for pk in ids]

    def expired(self) -> Any:
        """Return those that nothing uses, those that were not sent in time, and those that are half deleted."""
        now, gone = timezone.now(), Q(status=Attachment.Status.GONE)
        unsent = Q(drafted=True) & (Q(used_at__lt=now - UNSENT_FOR) | Q(used_at__gt=now + UNSENT_FOR))
        unused = Q(~Exists(Attached.objects.filter(attachment=OuterRef("pk"))), drafted=False)
        return self.filter(gone & ~Q(settled_at__gt=now - TOLD_AFTER) | ~gone & (unsent | unused))

    def purge(self) -> None:
        """Delete what is expired with its files, at most MAX_PURGED."""
        for row in self.expired()[:MAX_PURGED]:
            row.discard()


class Attachment(Job, Versioned):
    """``file``, ``picture``, ``thumb``: names in the private storage; of a picture the original is not kept.

    ``drafted``: it was chosen in the composer of ``conversation``, or, without one, of a new one, and is not sent.
    ``imported``: an import brought it in, and nobody has sent it since.
    ``used_at``: when it was chosen or last sent. ``key``: of the upload, so that one sent twice is one row. ``digest``:
    SHA-256 of what was uploaded. ``notes``: codes of what a reader should know, as ``cut``.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READING = "reading", _("Being read")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")
        GONE = "gone", _("Deleted")

    class Kind(models.TextChoices):
        PICTURE = "picture", _("Picture")
        DOCUMENT = "document", _("Document")
        TEXT = "text", _("Text")

    WAITING, RUNNING, TASK = Status.WAITING, Status.READING, "parley.read_attachment"
    NEEDED, MAX_UNSETTLED = ("owner",), 50

    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    key = models.UUIDField(default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=200)
    alt = models.CharField(_("alternative text"), max_length=300, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    media_type = models.CharField(_("media type"), max_length=100)
    size = models.PositiveBigIntegerField(_("bytes"), default=0, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    file = models.CharField(max_length=200, blank=True, editable=False)
    picture = models.CharField(max_length=200, blank=True, editable=False)
    thumb = models.CharField(max_length=200, blank=True, editable=False)
    width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    pages = models.PositiveIntegerField(null=True, blank=True, editable=False)
    characters = models.PositiveIntegerField(default=0, editable=False)
    notes = models.JSONField(default=list, editable=False)
    error = models.CharField(max_length=40, blank=True)
    drafted = models.BooleanField(default=True, editable=False)
    imported = models.BooleanField(null=True, editable=False)
    conversation = models.ForeignKey("parley.Conversation", models.CASCADE, null=True, blank=True, related_name="+")
    used_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("attachment"), _("attachments")
        indexes = [
            models.Index(fields=["owner", "version"], name="parley_attachment_feed"),
            models.Index(fields=["owner", "started_at"], name="parley_attachment_served"),
            models.Index(fields=["owner"], condition=Q(settled_at=None), name="parley_attachment_open"),
            models.Index(fields=["owner"], condition=Q(drafted=True), name="parley_attachment_drafted"),
        ]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="parley_attachment_key")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("parley:attachment_show", args=[self.pk])

    def address_at(self, begin: int, end: int) -> str:
        """Return the address of a place in its text, which its page marks."""
        return f"{self.get_absolute_url()}?begin={begin}&end={end}#found"

    @property
    def is_live(self) -> bool:
        """Return False: its chip is gone, by its status, before its row is."""
        return False

    @property
    def is_picture(self) -> bool:
        return self.kind == self.Kind.PICTURE

    @property
    def is_ready(self) -> bool:
        return self.status == self.Status.READY

    @property
    def place(self) -> str:
        """Return the folder of the private storage that has its files, and no others."""
        return f"attachments/{self.pk.hex}"

    @property
    def stored(self) -> list[str]:
        """Return the names of its files in the private storage."""
        return [name for name in (self.file, self.picture, self.thumb) if name]

    @property
    def error_sentence(self) -> str:
        """Return why it could not be read, in the reader's language; "" if it could."""
        if not self.error:
            return ""
        megapixels = round((self.width or 0) * (self.height or 0) / 1e6)
        return errors.of_file(self.error, name=self.name, size=self.size, pages=self.pages or 0, megapixels=megapixels)

    # Transitions; each is one conditional UPDATE, so that one actor wins

    @classmethod
    def receive(
        cls, owner: Any, file: "File[Any]", *, key: UUID, folder: "Folder | None" = None, **values: Any
    ) -> "Attachment":
        """Keep an uploaded file and have it read → its row, or that of the same upload, or of the same file there.

        ``values``: name, kind, media_type, size, digest, and ``conversation`` of the draft that it was chosen for.
        Raises TooMany, admission.Refused and Full, and what the storage raises.
        """
        there: Attachment | None = cls.objects.filter(owner=owner, key=key).first()
        if there:
            return there
        row = cls(owner=owner, key=key, drafted=folder is None, **values)
        try:
            row.file = files.keep(f"{row.place}/original", file)
            kept = row._begin(folder)
        except BaseException:
            files.remove_folder(row.place, PARTS)
            raise
        if kept is not row:
            files.remove_folder(row.place, PARTS)
        return kept

    def _begin(self, folder: "Folder | None") -> "Attachment":
        with transaction.atomic():
            self.version = Feed.advance(self.owner_id)
            if there := self._there(folder):
                return there
            self.enqueue()
            if folder:
                Attached.hold([self], folder=folder)
                Attached.touch_folders(self.pk, self.version)
            refuse_above(self.owner)
        return self

    def _there(self, folder: "Folder | None") -> "Attachment | None":
        """Return the row of the same upload, or of the same file in its place. Raises TooMany if there is no room."""
        mine = type(self).objects.filter(owner=self.owner_id)
        place = Q(uses__folder=folder) if folder else Q(drafted=True, conversation=self.conversation_id)
        beside = mine.usable().filter(place)
        there: Attachment | None = mine.filter(key=self.key).first() or beside.filter(digest=self.digest).first()
        if not there and beside.count() >= conf.MAX_FILES:
            raise TooMany
        return there

    def finish(self, text: str, breaks: Sequence[int], **values: Any) -> bool:
        """Settle it as ready, with what a model gets of it. ``values``: size, picture, thumb, width, pages, notes …"""
        with transaction.atomic():
            ready = self.settle(self.Status.READY, characters=len(text), error="", **values)
            if ready and not self.is_picture:
                AttachmentText(attachment=self, text=text, breaks=list(breaks)).save(force_insert=True)
        return ready

    def fail(self, error: str, **values: Any) -> bool:
        return self.settle(self.Status.FAILED, error=error, **values)

    def settle(self, status: str, **values: Any) -> bool:
        """Settle it, and then send the tasks of the replies that waited for it."""
        with transaction.atomic():
            settled = super().settle(status, **values)
            if settled:
                Attached.touch_folders(self.pk, self.version)
                transaction.on_commit(self._dispatch_replies, robust=True)
        return settled

    def _dispatch_replies(self) -> None:
        for reply in _messages().waiting_for(self.pk):
            reply.dispatch()

    def retry(self) -> bool:
        """Have it read once more (failed → waiting)."""
        again = type(self).objects.filter(pk=self.pk, status=self.FAILED)
        return self.enqueue(again=again, error="", imported=None, deaths=0, settled_at=None, worker=None)

    def drop(self) -> bool:
        """Take it out of its draft, with its files; its row is deleted later, when every tab knows."""
        chosen = self._everyone.usable().filter(drafted=True)
        with transaction.atomic():
            dropped = self._change(chosen, status=self.Status.GONE, settled_at=timezone.now())
            if dropped:
                transaction.on_commit(self.remove_files, robust=True)
        return dropped

    def discard(self) -> bool:
        """Delete it if nothing uses it, or it was not sent in time; return whether it is being deleted.

        The feed is locked before its uses are counted, as in a transaction that asks: of the two, one wins. What a tab
        may show as chosen is deleted later, when every tab knows. Raises what the storage raises; call it again then.
        """
        told = self.status == self.Status.GONE
        settled_at = self.settled_at if told else timezone.now()
        if not self._change(self._everyone.expired(), status=self.Status.GONE, settled_at=settled_at):
            return False
        self.remove_files()
        if told or not self.drafted:
            self.delete()
        return True

    def remove_files(self) -> None:
        """Remove its files, also those that an attempt to read it has left."""
        files.remove_folder(self.place, PARTS)

    @property
    def _everyone(self) -> Any:
        return type(self).objects.filter(pk=self.pk)


def _messages() -> Any:
    return Attached._meta.get_field("message").related_model._default_manager
