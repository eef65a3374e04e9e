"""The replies that a process writes, and what is new in them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from parley.conf import conf
from parley.models import Call, Message
from parley.models.message_queryset import Thoughts
from parley.provider import Provider

from .accumulator import Accumulator
from .outcome import Outcome
from .request import Request

TICK_EACH = 0.0008
"""Seconds that a running reply adds to the tick, so that many are told in fewer, longer pieces: 0.24 with 300."""


@dataclass(slots=True, eq=False)
class Writing:
    """A reply that this process is writing.

    ``ending`` says why it was cancelled: "stopped" by the person, "handed over" by a process that
    ends, or "lost" to somebody else. ``held``: somebody else holds its row. ``unasked`` is how it
    ends where there is nothing to ask.
    """

    reply: Message
    provider: Provider
    request: Request
    answer: Accumulator
    left_out: int = 0
    checkpointed: str = ""
    saved_thoughts: Thoughts | None = None
    task: asyncio.Task[Outcome] | None = None
    shown_since: float | None = None
    thinking_since: float | None = None
    reasoning_seconds: int | None = None
    ending: str = ""
    unasked: Outcome | None = None
    begun: bool = False
    held: bool = False
    thought: bool = False
    calls: list[Call] = field(default_factory=list)

    @property
    def key(self) -> tuple[UUID, int]:
        return self.reply.pk, self.reply.attempt

    @property
    def text(self) -> str:
        return str(self.answer.text)

    @property
    def as_it_is(self) -> tuple["Writing", str, dict[str, Any]]:
        """The arguments of ``engine.take_back``, to be read in the event loop: in a thread, what arrives would be lost."""
        return self, self.text, self.thoughts

    @property
    def told(self) -> tuple[str, str]:
        """What readers are to see: the answer and the reasoning so far."""
        return self.text, str(self.answer.reasoning)

    @property
    def unsaved(self) -> bool:
        """Whether this attempt has words of which none is in the database yet, as far as its row could be written."""
        return not self.held and self.checkpointed == self.reply.content != self.text

    @property
    def changed(self) -> bool:
        """Whether there is anything that the database does not have yet."""
        return self.text != self.checkpointed or self.new_thoughts is not None

    @property
    def shown(self) -> bool:
        """Whether this attempt has added anything that somebody may have seen."""
        return bool(self.answer.reasoning) or len(self.text) > len(self.reply.content)

    @property
    def thoughts(self) -> dict[str, Any]:
        """The reasoning and its seconds, after those of the text that this attempt goes on with."""
        parts = [self.reply.reasoning, str(self.answer.reasoning)]
        times = [time for time in (self.reply.reasoning_seconds, self.reasoning_seconds) if time is not None]
        return {"reasoning": "\n\n".join(filter(None, parts)), "reasoning_seconds": sum(times) if times else None}

    @property
    def parts(self) -> list[Any]:
        """What stands beside the text, after what stands beside that which this attempt goes on with."""
        return [*self.reply.parts, *(part for part in self.answer.beside.as_parts() if part not in self.reply.parts)]

    @property
    def new_thoughts(self) -> Thoughts | None:
        """The thoughts, if this attempt has any that the database does not have yet."""
        if not self.answer.reasoning:
            return None
        reasoning, seconds = self.thoughts.values()
        return (reasoning, seconds) if (reasoning, seconds) != self.saved_thoughts else None

    def note_time(self, now: float) -> None:
        """How long the model thinks: from its first thought to the first word that it adds to the answer."""
        if self.shown_since is None and self.shown:
            self.shown_since = now
            for call in self.calls[-1:]:
                call.note_first_token()
        if self.answer.reasoning and self.thinking_since is None:
            self.thinking_since = self.shown_since if self.answer.text.taken_back else now
        if self.thinking_since is not None and not self.thought:
            self.reasoning_seconds = round(now - self.thinking_since)
            self.thought = len(self.text) > len(self.reply.content)

    def end_call(self, outcome: str, error: str) -> None:
        """Note how the last call to the provider came out, if there was one."""
        for call in self.calls[-1:]:
            call.end(outcome, error, **self.answer.billed)

    def cancel(self, ending: str) -> None:
        if self.task is not None and not self.ending:
            self.ending = ending
            self.task.cancel()


class Log(Protocol):
    """Where readers follow a reply; see delivery.log."""

    def begin(self, reply_id: UUID, attempt: int) -> None: ...
    async def write(self, texts: dict[UUID, tuple[str, str]]) -> set[UUID]: ...
    async def end(self, ended: dict[UUID, int]) -> None: ...


class Running(dict[UUID, Writing]):
    """Reply id → reply. ``claiming``: ids that may be in the database as ours already.

    ``dirty``: what readers have not been sent; ``begun``: those of it whose first words they have not.
    """

    def __init__(self) -> None:
        self.claiming, self.dirty, self.begun = set[UUID](), set[UUID](), set[UUID]()
        self.wake, self.first_words, self.unsaved = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @property
    def tick(self) -> float:
        """Seconds between two rounds of telling."""
        return max(conf.TICK, TICK_EACH * len(self))

    @property
    def gathering(self) -> float:
        """Seconds that claims wait, by what the tick has grown, so that many are made together."""
        return self.tick - conf.TICK

    def note(self, writing: Writing) -> None:
        """Take notice that more of a reply is there."""
        self.dirty.add(writing.reply.pk)
        self.wake.set()
        if not writing.begun and writing.shown:
            writing.begun = True
            self.begun.add(writing.reply.pk)
            self.first_words.set()
        if writing.unsaved:
            self.unsaved.set()
