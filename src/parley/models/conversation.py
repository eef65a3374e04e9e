"""A conversation: a person's tree of messages, of which the page shows one branch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from operator import attrgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parley.ids import uuid7
from parley.text import clean_title_usage

from . import locks, tree
from .announced import after_commit, conversation_started, question_asked
from .arriving import arrive_once
from .attached import Attached
from .attachment import Attachment
from .branching import Branching
from .bulk import copies, copying
from .compiled import Compiled, Slot
from .draft import Draft
from .feed import Feed
from .generation_settings import GenerationSettings
from .organised import Organised, OrganisedQuerySet
from .states import UNSETTLED
from .versioned import Versioned

if TYPE_CHECKING:
    from .message import Message

TITLE_LENGTH = 60
FORK = "fork:"
"""Begins the ``origin`` of a fork, before the id of the message that it goes on from."""
INHERITED = ("title", "titled_by", "model", "instructions", "parameters", "without_profile", "folder_id")
"""Fields that a fork takes over."""


def title_from(text: str) -> str:
    """Return the first words of a question, at most TITLE_LENGTH characters.

    >>> title_from("What does a parley\\nend with?")
    'What does a parley end with?'
    """
    line = " ".join(text.split())
    if len(line) <= TITLE_LENGTH:
        return line
    whole_words = line[:TITLE_LENGTH].rsplit(" ", 1)[0]
    return whole_words[: TITLE_LENGTH - 1] + "…"


class ConversationQuerySet(OrganisedQuerySet):
    def visible_to(self, user: Any) -> "ConversationQuerySet":
        """Return the user's own conversations that are not in the trash."""
        kept: ConversationQuerySet = super().visible_to(user).filter(deleted_at=None)
        return kept


class Conversation(Branching, Organised, GenerationSettings, Versioned):
    """A tree of messages. Branching reads and deletes them, Organised lists it, the verbs that ask stand here.

    ``origin``: what it is a copy of, as ``chatgpt:<id>``, ``share:<id>`` or ``fork:<id>``, so that it is copied once.
    ``title_usage``: tokens that the title cost, as the provider counts them, and the ``model`` that wrote it.
    """

    class TitledBy(models.TextChoices):
        QUESTION = "question", _("First question")
        MODEL = "model", _("Model")
        PERSON = "person", _("Person")

    title = models.CharField(_("title"), max_length=200)
    titled_by = models.CharField(max_length=10, choices=TitledBy.choices, default=TitledBy.QUESTION, editable=False)
    title_usage = models.JSONField(default=dict, editable=False)
    origin = models.CharField(max_length=200, blank=True, editable=False)
    without_profile = models.BooleanField(_("without personal instructions"), default=False, db_default=False)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("conversation"), _("conversations")
        indexes = [
            models.Index(
                fields=["owner", "-updated_at", "-id"],
                condition=Q(deleted_at=None, archived=False, pinned=False, folder=None),
                name="parley_conversation_listed",
            ),
            models.Index(
                fields=["owner", "-updated_at", "-id"], condition=Q(pinned=True), name="parley_conversation_pinned"
            ),
            models.Index(
                fields=["owner", "-updated_at", "-id"], condition=Q(archived=True), name="parley_conversation_archived"
            ),
            models.Index(fields=["folder", "-updated_at", "-id"], name="parley_conversation_folder"),
            models.Index(fields=["owner", "version"], name="parley_conversation_feed"),
            models.Index(
                fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="parley_conversation_deleted"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "origin"], condition=~Q(origin=""), name="parley_conversation_origin"
            ),
        ]

    def __str__(self) -> str:
        """Name it without its title, which the admin shows to nobody by accident."""
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("parley:conversation_show", args=[self.pk])

    @property
    def title_cost(self) -> dict[str, Any]:
        """Return ``title_usage`` clean, whatever an import has left there."""
        return clean_title_usage(self.title_usage)

    @classmethod
    def own(cls, user: Any, pk: UUID) -> "Conversation | None":
        """Return the conversation with this id if it is ``visible_to`` the user; the query is compiled once."""
        found: Conversation | None = _OWN.first(cls, owner=user.pk, pk=pk) if user.is_authenticated else None
        return found

    @classmethod
    def start(
        cls,
        owner: Any,
        text: str,
        *,
        idempotency_key: UUID | None = None,
        attachments: Sequence[UUID] = (),
        **generation_settings: Any,
    ) -> tuple["Conversation", "Message"]:
        """Create a conversation, named after its first question or file, and enqueue the reply → (conversation, reply).

        ``attachments``: see ask. ``generation_settings``: model, instructions, parameters, folder. Raises what ask
        raises, and DoesNotExist for a folder that was deleted meanwhile.
        """
        with _sending(owner.pk, None, idempotency_key):
            conversation = cls(owner=owner, title=title_from(text), **generation_settings)
            if attachments and not conversation.title:
                conversation.title = _title_of(owner, attachments)
            conversation.save(force_insert=True)
            if conversation.folder:
                conversation.folder.refresh_from_db(fields=["version"])
            question, reply = conversation._ask(text, idempotency_key, attachments=attachments)
            after_commit(conversation_started, cls, conversation=conversation)
            after_commit(question_asked, type(reply), question=question, reply=reply)
        return conversation, reply

    def ask(
        self,
        text: str,
        *,
        idempotency_key: UUID | None = None,
        instead_of: "Message | None" = None,
        below: "Message | None" = None,
        attachments: Sequence[UUID] = (),
    ) -> tuple["Message", "Message"]:
        """Write the question and enqueue its reply → (question, reply).

        ``idempotency_key`` is the form's own, whose draft is dropped. ``instead_of``: an earlier question that this
        one replaces on the shown branch, and that is kept, as the draft is then. ``below``: a message of the branch to
        go on with, which is shown from then on. ``attachments``: ids of the files to send, in order. Raises
        DuplicateQuestion for a key that was used, DoesNotExist for what was deleted meanwhile, AttachmentGone and
        AttachmentUnread.
        """
        with _sending(self.owner_id, self, None if instead_of else idempotency_key):
            question, reply = self._ask(text, idempotency_key, instead_of, below, attachments)
            after_commit(question_asked, type(reply), question=question, reply=reply)
        return question, reply

    def _ask(
        self,
        text: str,
        idempotency_key: UUID | None,
        instead_of: "Message | None" = None,
        below: "Message | None" = None,
        attachments: Sequence[UUID] = (),
    ) -> tuple["Message", "Message"]:
        version = Feed.advance(self.owner_id)
        leaf_id = self.shown_id = self._next_place(idempotency_key)
        for chosen in filter(None, (instead_of, below)):
            chosen.refresh_from_db(fields=["parent"])
        parent_id = instead_of.parent_id if instead_of else self._leaf_through(below) if below else leaf_id
        asked = {"id": uuid7(leaf_id), "version": version, "idempotency_key": idempotency_key}
        new = partial(self.messages.model, conversation=self)
        question = new(parent_id=parent_id, role="user", status="done", content=text, **asked)
        reply = new(parent=question, role="assistant", version=version)
        files = Attachment.objects.take(self.owner_id, attachments, version) if attachments else []
        reply.enqueue(question)
        if files:
            Attached.hold(files, message=question)
            question.files = files
        self._turn_to(reply.pk, version, turned=parent_id != leaf_id, updated_at=timezone.now())
        if parent_id == leaf_id:
            question.versions, reply.versions = [question.pk], [reply.pk]
        return question, reply

    def _next_place(self, idempotency_key: UUID | None) -> UUID | None:
        """Return the end of the shown branch; the feed is locked, so of two requests at once one comes second."""
        place = tree.next_place(self.pk, Feed.key_of(self.owner_id), idempotency_key)
        if place is None:
            raise self.DoesNotExist
        leaf_id, used = place
        if used:
            mine = self.messages.model.objects.filter(conversation__owner_id=self.owner_id)
            raise DuplicateQuestion(mine.filter(idempotency_key=idempotency_key)[0])
        return leaf_id

    def regenerate(self, message: "Message", model: str = "", *, without_pictures: bool | None = None) -> "Message":
        """Enqueue another reply beside this one, or to this question, on the shown branch → the pending reply.

        While no word of such a reply is written, it is the one that is returned, so that two clicks ask once.
        ``model``: instead of the conversation's. ``without_pictures``: only their names are sent. Raises NoQuestion.
        """
        with transaction.atomic():
            version = Feed.advance(self.owner_id)
            self._reload(message)
            question_id = message.pk if message.role == "user" else message.parent_id
            if question_id is None:
                raise NoQuestion(message)
            asked = {"asked_model": model, "without_pictures": without_pictures or None}
            reply = self._unwritten(question_id, **asked) or self._ask_again(question_id, version, **asked)
            self._turn_to(reply.pk, version, turned=True, updated_at=timezone.now())
        return reply

    def _unwritten(self, question_id: UUID, **asked: Any) -> "Message | None":
        replies = self.messages.filter(parent=question_id, role="assistant", content="", **asked)
        reply: Message | None = replies.filter(status__in=UNSETTLED).order_by("-id").first()
        return reply

    def _ask_again(self, question_id: UUID, version: int, **asked: Any) -> "Message":
        beside = self.messages.filter(parent=question_id).order_by("-id").values_list("pk", flat=True).first()
        pk = uuid7(max(filter(None, (question_id, beside, self.shown_id))))
        asked |= {"id": pk, "version": version}
        reply: Message = self.messages.model(conversation=self, parent_id=question_id, role="assistant", **asked)
        reply.enqueue()
        return reply

    def fork(self, message: "Message") -> "Conversation":
        """Return a conversation of copies of the branch down to a message; the fork that exists, while it is the same.

        So two clicks fork once. Raises BeingCopied.
        """
        self._reload(message, *INHERITED)
        inherited = {name: getattr(self, name) for name in INHERITED}
        inherited["title"] = gettext("%(title)s (fork)") % {"title": self.title[:150]}
        fork = type(self)(owner_id=self.owner_id, origin=f"{FORK}{message.pk}", **inherited)
        originals = self.messages.filter(pk__in=tree.above(message.pk))
        self._keep_changed_fork(fork.origin, originals, **inherited)
        insert = partial(copying, self.messages.model, conversation=fork.pk)
        still_there = partial(message.refresh_from_db, fields=["parent"])
        return arrive_once(fork, copies(originals), still_there, weigh=attrgetter("weight"), insert=insert)

    def _keep_changed_fork(self, origin: str, originals: models.QuerySet[Any], **inherited: Any) -> None:
        """Take the origin from an earlier fork if it, or what it copies, has changed since: then a new one is made."""
        earlier = self._everyone.filter(origin=origin, deleted_at=None)
        if not earlier.exists():
            return
        newest = originals.aggregate(version=Max("version"))["version"]
        with transaction.atomic():
            locks.wait_no_longer()
            earlier.exclude(shown=None, turned=0, version__gt=newest or 0, **inherited).update(origin="")
            earlier.filter(messages__version__gt=0).update(origin="")

    def take_title(self, title: str, usage: dict[str, Any]) -> bool:
        """Note what a model's title cost, and take it unless a person has given one; return whether it was taken."""
        with transaction.atomic():
            version = Feed.advance(self.owner_id)
            self._me.update(title_usage=usage)
            untitled = self._me.filter(titled_by="question") if title else self._me.none()
            return bool(untitled.update(title=title, titled_by="model", version=version))


def _own() -> models.QuerySet[Any]:
    anybody = SimpleNamespace(pk=Slot("owner", Feed._meta.pk), is_authenticated=True)
    return Conversation.objects.visible_to(anybody).filter(pk=Slot("pk", Conversation._meta.pk))


_OWN = Compiled(_own)


@contextmanager
def _sending(owner_id: Any, conversation: Conversation | None, form: UUID | None) -> Iterator[None]:
    """Run a transaction that asks, and drop a form's draft in it; after it for a question that was asked before.

    What asks without a form is a program, or edits a question, and what the person has typed is not what it asks.
    """
    try:
        with transaction.atomic():
            yield
            if form:
                Draft.drop(owner_id, conversation)
    except DuplicateQuestion:
        if form:
            Draft.drop(owner_id, conversation)
        raise


def _title_of(owner: Any, attachments: Sequence[UUID]) -> str:
    """Return a title for a question without words: the name of its first file."""
    names = Attachment.objects.filter(owner=owner, pk=attachments[0]).values_list("name", flat=True)
    return title_from(names.first() or "")


class NoQuestion(Exception):
    """There is no question above this message that could be answered again."""


class DuplicateQuestion(Exception):
    """The form was sent before; ``question`` is what it asked."""

    def __init__(self, question: "Message") -> None:
        super().__init__(question)
        self.question = question
