"""A message, and the life of a reply: pending → streaming → done | stopped | failed | interrupted."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from parley import errors, markdown
from parley.choice import name_of
from parley.conf import conf
from parley.ids import uuid7
from parley.included import named_in
from parley.positions import LAST, Position
from parley.provider import Provider
from parley.text import clean_count

from . import budget, holding, tree
from .attachment import Attachment
from .connection import nameplate_of, title_of
from .conversation import Conversation
from .feed import Feed
from .job import ALWAYS, Job
from .message_queryset import MessageQuerySet
from .shortage import Shortage
from .statements import Rows
from .states import NOT_IN_TRASH, OURS, RETRIABLE, UNSETTLED, Role, Status

OLLAMA_WINDOW = 4096
"""Tokens of prompt and answer together that Ollama allows a model by default."""


class Message(Job):
    """A question or a reply. ``parent`` is the message it answers; null for the first."""

    WAITING, RUNNING, TASK = Status.PENDING, Status.STREAMING, "parley.write_reply"
    OWNER, LANE, NEEDED = "conversation__owner", "conversation", ("conversation__folder",)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, db_index=False, related_name="messages", verbose_name=_("conversation")
    )
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.DONE)
    reasoning = models.TextField(
        _("reasoning"), blank=True, help_text=_("What the model thought first; never sent back to it.")
    )
    reasoning_seconds = models.PositiveIntegerField(_("seconds of reasoning"), null=True, blank=True)
    content = models.TextField(_("content"), blank=True, help_text=_("What was written, as Markdown."))
    html = models.TextField(blank=True, editable=False, help_text="A settled reply, rendered.")
    error = models.CharField(
        _("error"), max_length=40, blank=True, help_text=_("A code of parley.errors; never part of the text.")
    )
    error_detail = models.CharField(
        _("the provider's words"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("Of an error; never part of the text."),
    )
    finish_reason = models.CharField(_("finish reason"), max_length=40, blank=True)
    model = models.CharField(_("model"), max_length=200, blank=True)
    asked_model = models.CharField(
        max_length=200, blank=True, editable=False, help_text="Instead of the conversation's; see regenerate."
    )
    usage = models.JSONField(_("usage"), default=dict, blank=True)
    left_out = models.PositiveIntegerField(default=0, editable=False, help_text="Old messages that did not fit.")
    sent_tokens = models.IntegerField(
        default=0, db_default=0, editable=False, help_text="About how many, where the provider read far fewer."
    )
    included = models.JSONField(null=True, editable=False, help_text="Of a reply: what was sent of which file.")
    without_pictures = models.BooleanField(null=True, editable=False, help_text="Of a reply: asked without them.")
    version = models.BigIntegerField(default=0, editable=False)
    parts = models.JSONField(
        default=list, blank=True, editable=False, help_text="What an import could not show as text."
    )
    idempotency_key = models.UUIDField(
        null=True, editable=False, help_text="Of the form that asked; see Conversation.ask."
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("message"), _("messages")
        indexes = [
            models.Index(fields=["conversation", "version"], name="parley_message_feed"),
            models.Index(fields=["conversation", "parent"], name="parley_message_tree"),
            models.Index(
                fields=["idempotency_key"], condition=models.Q(idempotency_key__isnull=False), name="parley_message_key"
            ),
            models.Index(
                fields=["status", "created_at"],
                condition=models.Q(status__in=UNSETTLED),
                name="parley_message_unsettled",
            ),
        ]

    def __str__(self) -> str:
        """Name it without its words, which pages of the admin show to nobody by accident."""
        return f"{self.get_role_display()} {self.pk}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        with transaction.atomic():
            if not (self._state.adding and self.version):
                self.version = Feed.advance(self.owner_id)
            super().save(*args, update_fields=update_fields and {*update_fields, "version"}, **kwargs)

    @property
    def owner_id(self) -> Any:
        return self.conversation.owner_id

    # What a page asks

    @property
    def imported(self) -> bool:
        """Return whether it is a reply that no worker here has ever begun."""
        return self.role == Role.ASSISTANT and self.settled and not self.attempt

    @property
    def can_retry(self) -> bool:
        return self.role == Role.ASSISTANT and self.status in RETRIABLE

    @property
    def can_resume(self) -> bool:
        return self.can_retry and bool(self.content.strip())

    @property
    def provider(self) -> Provider:
        """Return whom it asks, as errors and ledgers name it."""
        return nameplate_of(self.model or self.conversation.effective_model, self.owner_id)

    @cached_property
    def connection_title(self) -> str:
        """Return the name of the connection that was asked, where there is one to mix it up with."""
        return title_of(self.model, self)

    @property
    def error_sentence(self) -> str:
        if not self.error:
            return ""
        if self._is_of_budget and (shortage := Shortage.read(self.error_detail)):
            return shortage.sentence(self.model, self.error)
        if self.error == errors.REFUSED_BY_SITE and self.error_detail:
            return self.error_detail
        model, provider = name_of(self.model or self.conversation.effective_model), self.provider
        if self.error == "too_long" and (names := named_in(self.included)):
            return errors.sentence("too_long_with_files", model=model, provider=provider, files=names)
        return errors.sentence(self.error, model=model, provider=provider, files=self.error_detail)

    @property
    def provider_words(self) -> str:
        """Return what the provider has said of its error."""
        ours = self._is_of_budget or self.error in (*errors.OF_A_FILE, errors.REFUSED_BY_SITE)
        return "" if ours else self.error_detail

    @property
    def _is_of_budget(self) -> bool:
        return self.error in (budget.OVER, budget.USED_UP)

    @property
    def read_tokens(self) -> int:
        """Return how many of ``sent_tokens`` the provider has read, as it counts."""
        return self._counted("prompt_tokens")

    @property
    def window_full(self) -> bool:
        """Return whether it ended because Ollama's default context window was full."""
        tokens = self._counted("prompt_tokens") + self._counted("completion_tokens")
        return self.finish_reason == "length" and tokens == OLLAMA_WINDOW

    @property
    def tokens(self) -> int:
        """Return how many tokens the answer has, as the provider counts."""
        return self._counted("completion_tokens")

    def _counted(self, name: str) -> int:
        return (clean_count(self.usage.get(name)) or 0) if isinstance(self.usage, dict) else 0

    @property
    def is_plain(self) -> bool:
        """Return whether it is done, and a page shows nothing of it but text, model and tokens."""
        noted = self.left_out or self.sent_tokens or self.included or self.finish_reason in ("length", "content_filter")
        return self.status == Status.DONE and not (noted or self.reasoning or self.parts)

    @property
    def body(self) -> SafeString:
        """Return the text as safe HTML: a question as it was typed, a reply as rendered Markdown."""
        if self.role == Role.USER:
            return format_html('<p class="raw">{}</p>', self.content)
        return mark_safe(self.live_html or self.html or "".join(markdown.render(self.content)))

    @property
    def past(self) -> Position:
        """Return the position in the log up to which it holds only earlier attempts, which are not shown."""
        return (self.attempt if self.status == Status.PENDING else max(0, self.attempt - 1)), LAST

    @property
    def reasoning_body(self) -> SafeString:
        return mark_safe(self.live_reasoning or "".join(markdown.render_plain(self.reasoning)))

    live_html = live_reasoning = ""
    """HTML that readers have been sent of a running reply and that is not in its row yet; see delivery.stream_log."""

    live_position = ""
    """The position in its log up to which that HTML has everything."""

    blocks: Sequence[str] = ()
    """The HTML of a reply as it was just settled, before it was joined."""

    files: Sequence[Attachment] = ()
    """Of a question, as it is shown; see Attached.fill."""

    versions: Sequence[UUID] = ()
    """Ids of itself and its siblings, oldest first; see Conversation.number_versions."""

    @property
    def number(self) -> int:
        return self.versions.index(self.pk) + 1

    @property
    def version_before(self) -> UUID | None:
        return self.versions[self.number - 2] if self.number > 1 else None

    @property
    def version_after(self) -> UUID | None:
        return self.versions[self.number] if self.number < len(self.versions) else None

    # Transitions of a reply; each is one conditional UPDATE, so that one actor wins

    @classmethod
    def at_once(cls) -> int:
        return conf.MAX_PER_PERSON

    def lease_values(self) -> dict[str, Any]:
        return {"model": self.asked_model or self.conversation.effective_model}

    def note_included(self, included: list[dict[str, Any]]) -> bool:
        """Record what is sent of which file, while this attempt may write it, so that readers know before the answer.

        Each entry has ``id`` and ``name``; of a text ``from``, ``upto``, ``of`` (characters) and ``pages``, which is
        [first, last, all] or None; ``why`` not all of it is sent: room, failed, unread, gone, missing, pictures, many,
        older (one entry for ``count`` files), or ""; ``window``, in tokens, that it was shared out for; ``tokens``,
        about how many it takes of it; and, the first time that it is sent, ``notes`` of how it was read.
        """
        return self._change(self._ours, included=included)

    def finish(self, content: str, **values: Any) -> bool:
        """Settle it as done. ``values``: usage, sent_tokens, finish_reason, left_out, reasoning, reasoning_seconds …"""
        return self.settle(Status.DONE, content=content, **values)

    def fail(self, content: str, error: str, **values: Any) -> bool:
        return self.settle(Status.FAILED, content=content, error=error, **values)

    def interrupt(self, content: str, error: str, **values: Any) -> bool:
        return self.settle(Status.INTERRUPTED, content=content, error=error, **values)

    def settle(self, status: str, **values: Any) -> bool:
        """Settle it with its text, which is rendered once."""
        if "content" in values:
            self.blocks = markdown.render(values["content"])
            values["html"] = "".join(self.blocks)
        self.connection_title = title_of(self.model, self)  # Here the database may be asked.
        return super().settle(status, **{"error": "", **values})

    def _admit(self) -> None:
        """Raise OverBudget, a kind of Refused, where a budget of the person has nothing left."""
        holding.refuse(self.owner_id, lambda: str(self.lease_values()["model"]))
        super()._admit()

    @property
    def _ours(self) -> Rows:
        return self._ours_if()

    def _ours_if(self, further: str = "") -> Rows:
        """Return its row while this attempt may write it, and while the ``further`` condition (" AND …") holds."""
        return Rows(Message, OURS + further, [tree.prepared(self.pk), self.attempt, tree.prepared(self.worker)])

    def reclaim(self, content: str, **values: Any) -> bool:
        """Take back the attempt of a worker that was thought dead and lives; return whether it may still write it.

        It may not if the reply was retried, begun by another worker, or put into the trash.
        """
        kept = self._ours_if(NOT_IN_TRASH)
        begun = {"status": Status.STREAMING, "settled_at": None, "html": "", "error": "", "deaths": self.deaths}
        return self._change(kept, content=content, **begun, **values)

    def recover(self, *, died: bool = True, still: models.Q = ALWAYS, content: str = "", **values: Any) -> bool:
        """Requeue a reply whose worker is gone while none of it was shown; else settle it as interrupted.

        ``content``: what readers have seen, where it is more than its row has; ``values``: the reasoning with it.
        """
        still &= models.Q(content=self.content)
        if shown := content or self.content:
            kept = {"content": shown, "error": "worker_gone", **values}
            return self.settle(Status.INTERRUPTED, among=self._running.filter(still), **kept)
        return super().recover(died=died, still=still)

    def stop(self) -> bool:
        """Stop it (pending or streaming → stopped), for the person; its worker adds the last words (``keep``)."""
        unsettled = Message.objects.filter(pk=self.pk, status__in=UNSETTLED)
        return self.settle(Status.STOPPED, among=unsettled, html="")

    def keep(self, content: str, *, checkpointed: str = "", **values: Any) -> bool:
        """Write the last text of a stopped reply, by the worker that was writing it; return whether it was written.

        ``checkpointed``: the text that the row had. A reply that was resumed meanwhile goes on after the last text.
        """
        stopped = self._attempt.filter(worker=self.worker, status=Status.STOPPED, html="")
        resumed = self._attempt.filter(status=Status.PENDING, content=checkpointed).exclude(content="")
        return self._change(stopped, content=content, html="".join(markdown.render(content)), **values) or self._change(
            resumed, content=content, **values
        )

    def requeue(self, *, died: bool, still: models.Q = ALWAYS, **values: Any) -> bool:
        """Let it wait for another worker (streaming → pending), while it has no text; reasoning begins anew."""
        return super().requeue(died=died, still=still & models.Q(content=""), **_NO_REASONING, **values)

    def retry(self) -> bool:
        """Enqueue it once more, from the beginning (failed, stopped or interrupted → pending)."""
        again = Message.objects.filter(pk=self.pk, role=Role.ASSISTANT, status__in=RETRIABLE)
        anew = {"attempt": F("attempt") + 1, "content": "", "parts": []}  # So the log of the last attempt is not shown.
        return self.enqueue(again=again, **anew, **_NO_REASONING, **_CLEARED)

    def resume(self) -> bool:
        """Enqueue it once more, to go on after its text (failed, stopped or interrupted → pending)."""
        again = Message.objects.filter(pk=self.pk, role=Role.ASSISTANT, status__in=RETRIABLE).exclude(content="")
        return self.enqueue(again=again, **_CLEARED)


_NO_REASONING: dict[str, Any] = {"reasoning": "", "reasoning_seconds": None}
_CLEARED: dict[str, Any] = {
    "worker": None,
    "html": "", "error": "", "error_detail": "", "finish_reason": "", "usage": {},
    "deaths": 0, "left_out": 0, "sent_tokens": 0, "included": None, "settled_at": None,
}  # fmt: skip
