"""A conversation: a person's tree of messages, of which the page shows one branch."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley.conf import conf
from parley.ids import uuid7

from .branching import Branching
from .feed import Feed
from .organised import Organised
from .tuned import Tuned
from .versioned import Versioned, VisibleQuerySet

if TYPE_CHECKING:
    from .message import Message

PAGE = 40
"""Messages that a page shows at first, and adds for who scrolls up."""
TITLE_LENGTH = 60


def title_from(text: str) -> str:
    """The first words of a question, cut at a word: at most 60 characters."""
    line = " ".join(text.split())
    if len(line) <= TITLE_LENGTH:
        return line
    whole_words = line[:TITLE_LENGTH].rsplit(" ", 1)[0]
    return whole_words[: TITLE_LENGTH - 1] + "…"


class ConversationQuerySet(VisibleQuerySet):
    def visible_to(self, user: Any) -> "ConversationQuerySet":
        """What this user may see: their own, as long as it is not thrown away."""
        return super().visible_to(user).filter(discarded_at=None)

    def newest_first(self) -> "ConversationQuerySet":
        return self.order_by("-updated_at", "-id")


class Conversation(Branching, Organised, Tuned, Versioned):
    """``origin``: where an imported one came from, as ``chatgpt:<id>``, so that it comes in once."""

    class TitledBy(models.TextChoices):
        QUESTION = "question", _("First question")
        MODEL = "model", _("Model")
        PERSON = "person", _("Person")

    title = models.CharField(_("title"), max_length=200)
    titled_by = models.CharField(max_length=10, choices=TitledBy.choices, default=TitledBy.QUESTION, editable=False)
    origin = models.CharField(max_length=200, blank=True, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("conversation"), _("conversations")
        indexes = [
            models.Index(fields=["owner", "-updated_at", "-id"], name="parley_conversation_newest"),
            models.Index(fields=["owner", "version"], name="parley_conversation_feed"),
            models.Index(
                fields=["discarded_at"], condition=Q(discarded_at__isnull=False), name="parley_conversation_discarded"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "origin"], condition=~Q(origin=""), name="parley_conversation_origin"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("parley:conversation_show", args=[self.pk])

    @property
    def model_name(self) -> str:
        return self.model or conf.MODEL

    @classmethod
    def start(cls, owner: Any, text: str, *, key: UUID | None = None) -> tuple["Conversation", "Message"]:
        """A new conversation, named after its first question → (conversation, pending reply). Raises AskedBefore."""
        with transaction.atomic():
            conversation = cls(owner=owner, title=title_from(text))
            conversation.save(force_insert=True)
            _, reply = conversation.ask(text, key=key)
        return conversation, reply

    def ask(
        self, text: str, *, key: UUID | None = None, instead_of: "Message | None" = None
    ) -> tuple["Message", "Message"]:
        """Write the question and its pending reply → (question, reply).

        ``key`` is the form's own: the same form sent twice raises AskedBefore. ``instead_of`` is an
        earlier question that this one replaces on the branch that is shown; it is kept.
        """
        with transaction.atomic():
            version = self._touch(removed=instead_of is not None)
            self._refuse_twice(key)
            leaf = self.leaf()
            parent = instead_of.parent if instead_of else leaf
            asked = {"id": uuid7(leaf.pk if leaf else None), "version": version, "key": key}
            question = self.messages.create(parent=parent, role="user", status="done", content=text, **asked)
            reply = self.messages.create(parent=question, role="assistant", status="pending", version=version)
        return question, reply

    def _refuse_twice(self, key: UUID | None) -> None:
        """The feed's row is locked by now, so of two requests at once one comes second."""
        messages = self.messages.model.objects.filter(conversation__owner_id=self.owner_id, key=key)
        asked = messages.first() if key else None
        if asked:
            raise AskedBefore(asked)

    def _touch(self, *, removed: bool = False) -> int:
        """Move to the top of the list → the version of this change."""
        self.version, self.updated_at = Feed.advance(self.owner_id, removed=removed), timezone.now()
        Conversation.objects.filter(pk=self.pk).update(version=self.version, updated_at=self.updated_at)
        return self.version

    def leaf(self) -> "Message | None":
        """The newest message, to which the next question answers."""
        return self.messages.order_by("-id").first()

    def history_before(self, message: "Message") -> list["Message"]:
        """What was said before a message on its branch, in order."""
        spoken = self.messages.filter(id__lt=message.pk).only(
            "role", "status", "content", "parent_id", "conversation_id"
        )
        return branch({earlier.pk: earlier for earlier in spoken}, message.parent_id)

    def transcript(self, before: "Message | None" = None) -> list["Message"]:
        """The newest messages of the branch that is shown, in order, or the newest before one of them."""
        path: list[Message] = []
        upwards = before.parent_id if before else self.messages.order_by("-id").values_list("pk", flat=True).first()
        while upwards is not None and len(path) < PAGE:
            known = {message.pk: message for message in self.messages.filter(id__lte=upwards).order_by("-id")[:PAGE]}
            path[:0] = branch(known, upwards)
            upwards = path[0].parent_id
        return path


class AskedBefore(Exception):
    """This very form was sent before; ``question`` is what it asked."""

    def __init__(self, question: "Message") -> None:
        super().__init__(question)
        self.question = question


def branch(messages: dict[UUID, "Message"], leaf_id: UUID | None) -> list["Message"]:
    """From the root to the leaf, by parent pointers; ``messages`` maps id → message."""
    path = []
    while leaf_id is not None and leaf_id in messages:
        path.append(messages.pop(leaf_id))
        leaf_id = path[-1].parent_id
    return path[::-1]
