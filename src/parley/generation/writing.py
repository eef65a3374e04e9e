"""The replies that a process writes, and what is new in each of them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from parley.conf import conf
from parley.models import Call, Message
from parley.models.message_queryset import Reasoning
from parley.provider import Provider

from .accumulator import Accumulator
from .cost import tokens_of
from .outcome import Outcome
from .prompt import Request
from .usage import Billed, counted

TICK_EACH = 0.0008
"""Seconds that a running reply adds to the tick, so that many are sent in fewer, longer pieces: 0.24 with 300."""


@dataclass(slots=True, eq=False)
class Writing:
    """A reply that this process is writing.

    ``ending`` says why it was cancelled: "stopped" by the person, "handed over" by a process that
    ends, or "lost" to somebody else. ``held``: somebody else holds its row. ``unasked`` is how it
    ends where there is nothing to ask. ``included``: see Message.included. ``step``: tokens that the
    budgets hold for it at a time, 0 where none limits it; ``allowance``: those that they hold by now;
    ``shortage``: why no more.
    """

    reply: Message
    provider: Provider
    request: Request
    answer: Accumulator
    left_out: int = 0
    included: list[dict[str, Any]] = field(default_factory=list)
    checkpointed: str = ""
    saved_reasoning: Reasoning | None = None
    task: asyncio.Task[Outcome] | None = None
    shown_since: float | None = None
    thinking_since: float | None = None
    reasoning_seconds: int | None = None
    ending: str = ""
    unasked: Outcome | None = None
    begun: bool = False
    held: bool = False
    has_reasoned: bool = False
    calls: list[Call] = field(default_factory=list)
    events: int = 0
    step: int = 0
    allowance: int = 0
    shortage: str = ""

    @property
    def key(self) -> tuple[UUID, int]:
        return self.reply.pk, self.reply.attempt

    @property
    def facts(self) -> dict[str, Any]:
        """What a line of the log about it belongs to; see correlation."""
        reply = self.reply
        facts = {"reply": str(reply.pk), "attempt": reply.attempt, "worker": str(reply.worker or "")}
        asked = {"connection": self.provider.slug, "model": self.request.model}
        return {**facts, "person": str(reply.owner_id), **asked}

    @property
    def text(self) -> str:
        return str(self.answer.text)

    @property
    def as_it_is(self) -> tuple["Writing", str, dict[str, Any]]:
        """The arguments of ``engine.reclaim``, read in the event loop: a thread would miss what arrives meanwhile."""
        return self, self.text, self.reasoning

    @property
    def visible_text(self) -> tuple[str, str]:
        """The answer and the reasoning that readers are to see."""
        return self.text, str(self.answer.reasoning)

    @property
    def unsaved(self) -> bool:
        """Whether this attempt has text, none of which is in the database yet, though its row can be written."""
        return not self.held and self.checkpointed == self.reply.content != self.text

    @property
    def changed(self) -> bool:
        """Whether anything is not in the database yet."""
        return self.text != self.checkpointed or self.new_reasoning is not None

    @property
    def shown(self) -> bool:
        """Whether this attempt has added anything that somebody may have seen."""
        return bool(self.answer.reasoning) or len(self.text) > len(self.reply.content)

    @property
    def tokens(self) -> int:
        """About how many tokens were written: as its characters make, and no fewer than events came."""
        new = self.answer.text.size - len(self.reply.content)
        return max(self.events, tokens_of(new + self.answer.reasoning.size))

    @property
    def needs_more(self) -> bool:
        """Whether the budgets should hold more, before it has written all that they hold."""
        return bool(self.step) and not self.shortage and self.tokens > self.allowance - self.step // 4

    @property
    def used_up(self) -> bool:
        """Whether it has written all that the budgets hold, and they have no more."""
        return bool(self.shortage) and self.tokens >= self.allowance

    @property
    def reasoning(self) -> dict[str, Any]:
        """The reasoning and its seconds, including those of the text that this attempt continues."""
        parts = [self.reply.reasoning, str(self.answer.reasoning)]
        times = [time for time in (self.reply.reasoning_seconds, self.reasoning_seconds) if time is not None]
        return {"reasoning": "\n\n".join(filter(None, parts)), "reasoning_seconds": sum(times) if times else None}

    @property
    def parts(self) -> list[Any]:
        """The parts beside the text, including those of the text that this attempt continues."""
        return [*self.reply.parts, *(part for part in self.answer.beside.as_parts() if part not in self.reply.parts)]

    @property
    def new_reasoning(self) -> Reasoning | None:
        """The reasoning and its seconds, if this attempt has any that is not in the database yet."""
        if not self.answer.reasoning:
            return None
        reasoning, seconds = self.reasoning.values()
        return (reasoning, seconds) if (reasoning, seconds) != self.saved_reasoning else None

    def note_time(self, now: float) -> None:
        """Measure the reasoning, from its first piece to the first word of the answer. ``now``: seconds."""
        if self.shown_since is None and self.shown:
            self.shown_since = now
            for call in self.calls[-1:]:
                call.note_first_token()
        if self.answer.reasoning and self.thinking_since is None:
            self.thinking_since = self.shown_since if self.answer.text.taken_back else now
        if self.thinking_since is not None and not self.has_reasoned:
            self.reasoning_seconds = round(now - self.thinking_since)
            self.has_reasoned = len(self.text) > len(self.reply.content)

    def end_call(self, outcome: str, error: str) -> None:
        """Note the outcome of the last call to the provider, if there was one."""
        for call in self.calls[-1:]:
            call.end(outcome, error, **self._billed(outcome))

    def _billed(self, outcome: str) -> Billed:
        """Return the tokens; none where it has failed before it said anything."""
        written = max(len(self.text) - len(self.reply.content), 0) + len(str(self.answer.reasoning))
        failed_at_once = outcome == "failed" and not self.shown
        return counted(self.answer.billed, self.request.messages, None if failed_at_once else written)

    def cancel(self, ending: str) -> None:
        """Stop writing; of several reasons, the first counts."""
        if self.task is not None and not self.ending:
            self.ending = ending
            self.task.cancel()


class Log(Protocol):
    """The log in which readers follow a reply; see delivery.stream_log."""

    def begin(self, reply_id: UUID, attempt: int) -> None: ...
    async def write(self, texts: dict[UUID, tuple[str, str]]) -> set[UUID]: ...
    async def end(self, ended: dict[UUID, Message | None]) -> None: ...


class Running(dict[UUID, Writing]):
    """Reply id → reply. ``claiming``: ids that the database may already have as ours.

    ``dirty``: replies of which readers have not been sent everything; ``begun``: those of them with first words.
    ``short``: set when a reply needs more of the budgets.
    """

    def __init__(self) -> None:
        self.claiming, self.dirty, self.begun = set[UUID](), set[UUID](), set[UUID]()
        self.wake, self.first_words, self.unsaved = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.short = asyncio.Event()

    @property
    def tick(self) -> float:
        """Seconds between two rounds of sending."""
        return max(conf.TICK, TICK_EACH * len(self))

    @property
    def gathering(self) -> float:
        """Seconds that claims wait for each other: as much as the tick has grown."""
        return self.tick - conf.TICK

    def note(self, writing: Writing) -> None:
        """Note that there is more of a reply."""
        self.dirty.add(writing.reply.pk)
        self.wake.set()
        if not writing.begun and writing.shown:
            writing.begun = True
            self.begun.add(writing.reply.pk)
            self.first_words.set()
        if writing.unsaved:
            self.unsaved.set()
        if writing.needs_more:
            self.short.set()
