"""The coroutine of one reply: claim, prompt, stream, finish."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from parley.models import Call, Message
from parley.models.message_queryset import Thoughts
from parley.provider import Provider

from . import history, ledger, prompt, reading, streaming
from .accumulator import Accumulator
from .database import DATABASE_AWAY
from .outcome import Outcome, ProviderError, after_end, after_error, retry_delay
from .refusals import MAY_PASS, in_band
from .request import Request
from .stream_errors import InBandError
from .wires import WIRES

logger = logging.getLogger(__name__)


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


OnText = Callable[[Writing], None]


class Held:
    """What a claim gives for a reply whose rows somebody else holds: it is to be tried again soon."""


def begin(reply_ids: Iterable[UUID], worker_id: UUID) -> dict[UUID, Writing | Held]:
    """Claim replies and build their requests; without those that somebody else has, that wait, or are settled.

    A reply that is claimed is always written: one of which no request can be built is given back, or fails.
    """
    begun, held = Message.objects.claim(reply_ids, worker_id)
    return {reply.pk: _writing(reply) for reply in begun} | dict.fromkeys(held, Held())


def _writing(reply: Message) -> Writing:
    provider = reply.provider
    answer = _nothing_new(reply, provider)
    writing = Writing(reply, provider, Request(reply.model), answer, checkpointed=reply.content)
    try:
        writing.request, writing.left_out = _request(reply, provider.window)
    except DATABASE_AWAY as error:
        logger.warning("Reply %s: its history cannot be read (%s).", reply.pk, error)
        writing.unasked = Outcome("handed over")
    except Exception:
        logger.exception("Reply %s: no request could be built.", reply.pk)
        writing.unasked = Outcome("failed", "internal")
    return writing


def _nothing_new(reply: Message, provider: Provider) -> Accumulator:
    return WIRES[provider.wire].answer(reply.content)


def _request(reply: Message, window: int) -> tuple[Request, int]:
    """(what to ask, how many old messages are left out)."""
    conversation = reply.conversation
    said = history.before(reply, window)
    instructions = conversation.instructions_in_force
    built = prompt.build(instructions, said.turns, window=window, begun=reply.content, older=said.older)
    return Request(reply.model, built.messages, conversation.parameters_in_force), built.left_out


async def write(writing: Writing, on_text: OnText, random: Random) -> Outcome:
    """Stream the answer into ``writing.answer``; ``on_text(writing)`` is called after every reading."""
    if writing.unasked:
        return writing.unasked
    if not writing.provider.allows(writing.reply.model):
        return Outcome("failed", "model_not_allowed")
    tries = 0
    while True:
        tries += 1
        writing.calls.append(ledger.begin(writing.reply, writing.provider, number=tries))
        try:
            return await _stream(writing, on_text)
        except ProviderError as error:
            delay = retry_delay(error, tries, shown=writing.shown, random=random)
            if delay is None:
                writing.answer.close()
                return after_error(error.code, writing.answer, error.detail)
            logger.info("Reply %s: %s, next try in %.1f s.", writing.reply.pk, error.code, delay)
            writing.end_call("failed", error.code)
        await asyncio.sleep(delay)
        writing.answer = _nothing_new(writing.reply, writing.provider)  # what was held back is none of this try


async def _stream(writing: Writing, on_text: OnText) -> Outcome:
    answer = writing.answer
    try:
        async for batch in streaming.stream(writing.provider, writing.request):
            for chunk in batch:
                answer.add(chunk)
            writing.note_time(time.monotonic())
            on_text(writing)
            if answer.too_long:
                return after_error("too_much", answer)
    except InBandError as error:
        detail = writing.provider.detail(str(error))
        logger.warning("Reply %s: the provider reported: %s", writing.reply.pk, detail)
        code = in_band(detail, error.status)
        raise ProviderError(code, retriable=code in MAY_PASS, detail=detail) from None
    answer.close()
    return after_end(answer)


def as_it_is(writing: Writing) -> tuple[Writing, str, dict[str, Any]]:
    """The arguments of ``take_back``, for the event loop to read: in a thread, what arrives meanwhile would be lost."""
    return writing, writing.text, writing.thoughts


def take_back(writing: Writing, text: str, thoughts: dict[str, Any]) -> bool:
    """Go on with a reply whose worker, this process, was thought dead: whether it is still ours, and as we have it."""
    if not copy(writing.reply).take_back(text, **thoughts):
        return False
    writing.checkpointed = text
    logger.warning("Reply %s was thought lost, and goes on.", writing.reply.pk)
    return True


def settle(writing: Writing, outcome: Outcome) -> bool:
    """Write the end of a reply, and its calls, to the database: whether this worker was the one to do it.

    The reply is copied, so that this can be done again where the database went away in its midst.
    """
    gone = outcome.status in ("lost", "handed over")
    writing.end_call("interrupted" if gone else outcome.status, "worker_gone" if gone else outcome.error)
    reply = copy(writing.reply)
    return ledger.settle(reply, lambda: _change(reply, writing, outcome), writing.calls)


def _change(reply: Message, writing: Writing, outcome: Outcome) -> bool:
    text, answer = writing.text, writing.answer
    facts = {"left_out": writing.left_out, "parts": writing.parts, **writing.thoughts}
    detail = writing.provider.detail(outcome.detail)
    if outcome.status == "done":
        sent = reading.unread(writing.request.messages, answer.usage)
        return reply.finish(text, finish_reason=answer.finish_reason, usage=answer.usage, sent_tokens=sent, **facts)
    if outcome.status in ("stopped", "lost"):
        kept = reply.keep(text, checkpointed=writing.checkpointed, **facts)
        if kept:  # whoever has stopped it may have asked for it again
            reply.refresh_from_db(fields=["status", "settled_at"])
        return kept
    if outcome.status == "handed over":
        return reply.interrupt(text, "worker_gone", **facts) if text else reply.recover(died=False)
    if outcome.status == "interrupted":
        return reply.interrupt(text, outcome.error, error_detail=detail, **facts)
    return outcome.status == "failed" and reply.fail(text, outcome.error, error_detail=detail, **facts)
