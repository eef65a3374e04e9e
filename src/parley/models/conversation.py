"""A conversation: a person's tree of messages, of which the page shows one branch."""

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parley.ids import uuid7

from .branching import Branching
from .feed import Feed
from .organised import Organised, OrganisedQuerySet
from .pruning import Pruned
from .titled import Titled
from .tuned import Tuned
from .versioned import Versioned

if TYPE_CHECKING:
    from .message import Message

TITLE_LENGTH = 60


def title_from(text: str) -> str:
    """The first words of a question, cut at a word: at most 60 characters."""
    line = " ".join(text.split())
    if len(line) <= TITLE_LENGTH:
        return line
    whole_words = line[:TITLE_LENGTH].rsplit(" ", 1)[0]
    return whole_words[: TITLE_LENGTH - 1] + "…"


class ConversationQuerySet(OrganisedQuerySet):
    def visible_to(self, user: Any) -> "ConversationQuerySet":
        """What this user may see: their own, as long as it is not thrown away."""
        kept: ConversationQuerySet = super().visible_to(user).filter(discarded_at=None)
        return kept


class Conversation(Branching, Pruned, Organised, Titled, Tuned, Versioned):
    """``origin``: what it is a copy of, as ``chatgpt:<id>``, ``share:<id>`` or ``fork:<id>``, so that it comes in once."""

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
            models.Index(
                fields=["owner", "-updated_at", "-id"],
                condition=Q(discarded_at=None, archived=False, pinned=False, folder=None),
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
        return self.model_in_force

    @classmethod
    def start(
        cls, owner: Any, text: str, *, key: UUID | None = None, **tuning: Any
    ) -> tuple["Conversation", "Message"]:
        """A new conversation, named after its first question → (conversation, reply, which is enqueued). Raises AskedBefore.

        ``tuning``: model, instructions, parameters, folder. Raises DoesNotExist for a folder deleted meanwhile.
        """
        with transaction.atomic():
            conversation = cls(owner=owner, title=title_from(text), **tuning)
            conversation.save(force_insert=True)
            if conversation.folder:
                conversation.folder.refresh_from_db(fields=["version"])
            _, reply = conversation.ask(text, key=key)
        return conversation, reply

    def ask(
        self,
        text: str,
        *,
        key: UUID | None = None,
        instead_of: "Message | None" = None,
        below: "Message | None" = None,
    ) -> tuple["Message", "Message"]:
        """Write the question and enqueue its reply → (question, reply).

        ``key`` is the form's own: the same form sent twice raises AskedBefore. ``instead_of`` is an
        earlier question that this one replaces on the branch that is shown; it is kept. ``below``: a message of
        the branch to go on with, which is shown from then on. Raises DoesNotExist for what was deleted meanwhile.
        """
        with transaction.atomic():
            version = Feed.advance(self.owner_id)
            self._refuse_twice(key)
            self.refresh_from_db(fields=["shown"])
            for chosen in filter(None, (instead_of, below)):
                chosen.refresh_from_db(fields=["parent"])
            leaf_id = self.leaf_id()
            parent_id = instead_of.parent_id if instead_of else self._leaf_through(below) if below else leaf_id
            asked = {"id": uuid7(leaf_id), "version": version, "key": key}
            new = partial(self.messages.model, conversation=self)
            question = new(parent_id=parent_id, role="user", status="done", content=text, **asked)
            reply = new(parent=question, role="assistant", version=version)
            reply.enqueue(question)
            self._turn_to(reply.pk, version, turned=parent_id != leaf_id, updated_at=timezone.now())
        if parent_id == leaf_id:
            question.versions, reply.versions = [question.pk], [reply.pk]
        return question, reply

    def _refuse_twice(self, key: UUID | None) -> None:
        """The feed's row is locked by now, so of two requests at once one comes second."""
        asked = self.messages.model.objects.filter(conversation__owner_id=self.owner_id, key=key)
        if key and asked.exists():
            raise AskedBefore(asked[0])


class AskedBefore(Exception):
    """This very form was sent before; ``question`` is what it asked."""

    def __init__(self, question: "Message") -> None:
        super().__init__(question)
        self.question = question
