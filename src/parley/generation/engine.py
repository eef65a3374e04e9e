"""One reply: claim, prompt, stream, finish."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from copy import copy
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from django.utils.functional import SimpleLazyObject

from parley import policy
from parley.choice import name_of
from parley.models import Conversation, Message, Profile, reply_claimed
from parley.models.connection import Unavailable, provider_of
from parley.models.locks import DATABASE_AWAY
from parley.provider import Provider

from . import attached, catalogue, clients, history, ledger, prompt, reserving, streaming, telemetry
from .accumulator import Accumulator
from .announcer import announce
from .attached import Takes
from .database import Batcher, Database
from .outcome import Outcome, ProviderError, after_end, after_error, retry_delay
from .prompt import Prompt, Request
from .prompting import Prompting
from .reaper import dispatch_next
from .refusals import MAY_PASS, in_band
from .stream_errors import InBandError
from .titles import Titles
from .usage import unread
from .wires import WIRES
from .writing import Log, Running, Writing

logger = logging.getLogger(__name__)

OnText = Callable[[Writing], None]
Claim = Callable[[UUID], Awaitable[Writing | None]]


class Engine:
    """Writes replies in the event loop of its process, each from its claim to its end.

    ``claim(reply_id)`` returns a reply to write, or None; ``database``: the threads that write the ends.
    """

    def __init__(self, running: Running, log: Log, claim: Claim, database: Database) -> None:
        self._running, self._log, self._claim, self._database = running, log, claim, database
        self._ends: Batcher[tuple[UUID, Message | None], None] = Batcher(lambda ended: log.end(dict(ended)))
        self._titles, self._prompting = Titles(database.at_last), Prompting()
        self._random, self._leaving = Random(), False

    async def write(self, reply_id: UUID) -> str:
        """Claim and write a reply; return its status, or "" where it was not for this process to write."""
        writing = None if await self._is_ours(reply_id) else await self._begin(reply_id)
        if writing is None:
            return ""
        with telemetry.writes(writing):
            announce(reply_claimed, reply=copy(writing.reply))
            self._log.begin(*writing.key)
            self._running.note(writing)
            writing.task = asyncio.create_task(self._prompting.then(write, writing, self._running.note, self._random))
            if self._leaving:
                writing.cancel("handed over")
            return await self._settle(writing, await _outcome(writing))

    async def hand_over(self, grace: float) -> None:
        """Hand over what still runs after ``grace`` seconds, oldest first, and from then on whatever is claimed."""
        await asyncio.sleep(grace if self._running else 0)
        self._leaving = True
        for _, writing in sorted(self._running.items()):
            writing.cancel("handed over")

    async def end(self) -> None:
        """Write no more titles, and close the connections to the provider where nothing runs."""
        await self._titles.end()
        if not self._running:
            await clients.close()

    async def _is_ours(self, reply_id: UUID) -> bool:
        """Return whether it is being written here: its task came twice, or this process was thought dead."""
        writing = self._running.get(reply_id)
        if writing is None or writing.ending:
            return False
        running = await self._database.at_last(Message.objects.still_running, [writing.key])
        return writing.key in running or await self._database.at_last(reclaim, *writing.as_it_is)

    async def _begin(self, reply_id: UUID) -> Writing | None:
        """Claim a reply, which counts as known even before, so that it is not recovered as a forgotten one."""
        self._running.claiming.add(reply_id)
        try:
            if writing := await self._claim(reply_id):
                if before := self._running.get(reply_id):
                    before.cancel("lost")
                self._running[reply_id] = writing
        finally:
            self._running.claiming.discard(reply_id)
        return writing

    async def _settle(self, writing: Writing, outcome: Outcome) -> str:
        writing.answer.close()
        settled: Message | None = None
        try:
            settled, dispatched = await self._database.at_last(settle_and_dispatch, writing, outcome)
        finally:
            if self._running.get(writing.reply.pk) is writing:
                self._running.pop(writing.reply.pk)
                await self._ends.submit((writing.reply.pk, settled))
        if settled and outcome.status == "done":
            self._titles.soon(writing.reply, writing.provider)
        if not dispatched:
            await self._database.at_last(dispatch_next, writing.reply)
        telemetry.ended(writing, outcome)
        return outcome.status if settled else ""


async def _outcome(writing: Writing) -> Outcome:
    assert writing.task is not None
    try:
        return await writing.task
    except asyncio.CancelledError:
        return Outcome(writing.ending)
    except Exception:
        logger.exception("Reply %s could not be written.", writing.reply.pk, extra=writing.facts)
        return Outcome("failed", "internal")


class Held:
    """What a claim returns for a reply whose rows somebody else holds: try again soon."""


def begin(reply_ids: Iterable[UUID], worker_id: UUID) -> dict[UUID, Writing | Held]:
    """Claim replies and build their requests; leave out those that somebody else writes, that wait, or are settled.

    Whatever is claimed is written: a reply for which no request can be built is handed over, or fails; so does one that
    the budgets have too little left for. What is sent of which file is recorded before anybody is asked.
    """
    begun, held = Message.objects.claim(reply_ids, worker_id)
    writings = {reply.pk: _writing(reply) for reply in begun}
    reserving.reserve(writings.values())
    for writing in writings.values():
        _note_included(writing)
    return writings | dict.fromkeys(held, Held())


def _note_included(writing: Writing) -> None:
    try:
        if writing.included and not writing.unasked:
            writing.reply.note_included(writing.included)
    except DATABASE_AWAY as error:
        logger.warning("Reply %s: its files cannot be recorded (%s).", writing.reply.pk, error, extra=writing.facts)
        writing.unasked = Outcome("handed over")


def _writing(reply: Message) -> Writing:
    writing = _unasked(reply, Provider(""))
    try:
        provider = provider_of(reply.model, reply.owner_id)
        owner = SimpleLazyObject(lambda: reply.conversation.owner)
        if objection := policy.objection(owner, reply.model):
            raise Unavailable(objection)
        writing = _unasked(reply, provider)
        model = writing.request.model
        takes_pictures = partial(catalogue.takes_pictures, provider, model)
        writing.request, built = _request(reply, catalogue.window_of(provider, model), takes_pictures)
        writing.left_out, writing.included = built.left_out, built.included
    except (Unavailable, attached.Unsendable) as error:
        writing.unasked = Outcome("failed", *map(str, error.args))
    except DATABASE_AWAY as error:
        logger.warning("Reply %s: its history cannot be read (%s).", reply.pk, error, extra=writing.facts)
        writing.unasked = Outcome("handed over")
    except Exception:
        logger.exception("Reply %s: no request could be built.", reply.pk, extra=writing.facts)
        writing.unasked = Outcome("failed", "internal")
    return writing


def _unasked(reply: Message, provider: Provider) -> Writing:
    answer = _nothing_new(reply, provider)
    return Writing(reply, provider, Request(name_of(reply.model)), answer, checkpointed=reply.content)


def _nothing_new(reply: Message, provider: Provider) -> Accumulator:
    return WIRES[provider.wire].answer(reply.content)


def _request(reply: Message, window: int, takes_pictures: Takes) -> tuple[Request, Prompt]:
    """Return the request, and the prompt that it was made of. Raises attached.Unsendable."""
    conversation = reply.conversation
    instructions = _instructions(conversation)
    chosen: dict[str, Any] = {"window": window, "begun": reply.content}
    read = history.before(reply, prompt.room(instructions, **chosen))
    turns, folder = attached.load(reply, read, window, takes_pictures)
    built = prompt.build(instructions, turns, older=read.older, folder=folder, **chosen)
    return Request(name_of(reply.model), built.messages, conversation.effective_parameters), built


def _instructions(conversation: Conversation) -> str:
    about, style = ("", "") if conversation.without_profile else Profile.instructions_of(conversation.owner_id)
    return prompt.instructed(about, style, conversation.effective_instructions)


async def write(writing: Writing, on_text: OnText, random: Random) -> Outcome:
    """Stream the answer into ``writing.answer``; call ``on_text(writing)`` after every read from the network."""
    if writing.unasked:
        return writing.unasked
    if not writing.provider.allows(writing.request.model):
        return Outcome("failed", "model_not_allowed")
    tries = 0
    while True:
        tries += 1
        writing.calls.append(ledger.begin(writing.reply, writing.provider, number=tries))
        try:
            with telemetry.asks(writing) as chat:
                return await _stream(writing, on_text, chat)
        except ProviderError as error:
            delay = retry_delay(error, tries, shown=writing.shown, random=random)
            if delay is None:
                writing.answer.close()
                return after_error(error.code, writing.answer, error.detail)
            logger.info("Reply %s: %s, next try in %.1f s.", writing.reply.pk, error.code, delay)
            writing.end_call("failed", error.code)
        await asyncio.sleep(delay)
        writing.answer = _nothing_new(writing.reply, writing.provider)  # what was held back belonged to the failed try


async def _stream(writing: Writing, on_text: OnText, chat: telemetry.Chat) -> Outcome:
    answer = writing.answer
    try:
        async for batch in streaming.stream(writing.provider, writing.request):
            chat.saw(batch)
            for chunk in batch:
                answer.add(chunk)
            writing.events += len(batch)
            writing.note_time(time.monotonic())
            on_text(writing)
            if answer.too_long or writing.used_up:
                break
    except InBandError as error:
        detail = writing.provider.detail(str(error))
        logger.warning("Reply %s: the provider reported: %s", writing.reply.pk, detail)
        code = in_band(detail, error.status)
        raise ProviderError(code, retriable=code in MAY_PASS, detail=detail) from None
    answer.close()
    return after_end(answer, shortage=writing.shortage if writing.used_up else "")


def reclaim(writing: Writing, text: str, reasoning: dict[str, Any]) -> bool:
    """Reclaim a reply, with the text in memory, from whoever thought this process dead; return whether it is ours."""
    if not copy(writing.reply).reclaim(text, **reasoning):
        return False
    writing.checkpointed = text
    logger.warning("Reply %s was thought lost, and is reclaimed.", writing.reply.pk, extra=writing.facts)
    return True


def settle(writing: Writing, outcome: Outcome) -> Message | None:
    """Write the end of a reply and its calls to the database; return it so, or None where another wrote its end.

    Works on a copy of the reply, so that it can be repeated where the database went away in between.
    """
    worker_lost = outcome.status in ("lost", "handed over")
    writing.end_call("interrupted" if worker_lost else outcome.status, "worker_gone" if worker_lost else outcome.error)
    reply = copy(writing.reply)
    return reply if ledger.settle(reply, lambda: _change(reply, writing, outcome), writing.calls) else None


def settle_and_dispatch(writing: Writing, outcome: Outcome) -> tuple[Message | None, bool]:
    """Settle a reply, and enqueue the person's next ones; return what ``settle`` does, and whether that was done.

    One that is handed over is among these, and its task has to come when this process does not count it as its own.
    """
    settled = settle(writing, outcome)
    if outcome.status == "handed over":
        return settled, False
    try:
        dispatch_next(writing.reply)
    except DATABASE_AWAY:
        return settled, False
    return settled, True


def _change(reply: Message, writing: Writing, outcome: Outcome) -> bool:
    text, answer = writing.text, writing.answer
    facts = {"left_out": writing.left_out, "parts": writing.parts, **writing.reasoning}
    detail = writing.provider.detail(outcome.detail)
    if outcome.status == "done":
        sent = unread(writing.request.messages, answer.usage)
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
