"""Lets a model write the title of a conversation in the background, when its first reply is done."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any
from uuid import UUID

from parley.models import Call, Message, Role, Status
from parley.models.conversation import title_from
from parley.provider import Provider
from parley.text import is_seen

from . import ledger, reserving
from .accumulator import Accumulator
from .outcome import ProviderError
from .prompt import Request
from .refusals import in_band
from .stream_errors import InBandError
from .streaming import stream
from .timeouts import Timeout
from .usage import counted
from .wires import WIRES

logger = logging.getLogger(__name__)

InDatabase = Callable[..., Awaitable[Any]]

PATIENCE, AT_ONCE = 30.0, 4
MAX_TOKENS, MAX_CHUNKS, MAX_CHARACTERS = 500, 1000, 4000
"""A model may reason before it writes; what exceeds the limit of tokens is cut off."""
EXCERPT = 2000
REQUEST = (
    "Write a title for the conversation that begins as follows. "
    "At most six words, in the language of the question, as plain text, without quotation marks. "
    "Answer with the title only."
)

_LABEL = re.compile(r"^\W*(?:\w+ )?(?:title|titel|titre|título)\W*[:：]", re.IGNORECASE)
_EMPHASIS = re.compile(r"(?<!\w)[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}(?!\w)")
_QUOTES = "\"'“”„‟‘’‚«»‹›「」『』"
_BEGINNINGS, _ENDS = " #>~-–—=|•", " ~=|.:;,。"


class Titles:
    """Writes titles in the event loop of a worker. Nobody waits for them, and failures are only logged."""

    def __init__(self, in_database: InDatabase) -> None:
        self._in_database = in_database
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()

    def soon(self, reply: Message, provider: Provider) -> None:
        """Begin to write a title after a reply was done, where a model for titles is set."""
        if provider.title_model:
            task = asyncio.create_task(self._write(reply.pk, provider))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def end(self) -> None:
        """Cancel what runs, and wait at most two seconds until its calls are recorded: the process ends."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=2)

    async def _write(self, reply_id: UUID, provider: Provider) -> None:
        try:
            async with self._turn:
                reply, request = await self._in_database(begin, reply_id, provider.title_model)
                if request and await self._in_database(reserving.affords_title, reply, provider, request):
                    await self._ask(reply, provider, request)
        except Exception as error:
            known = isinstance(error, ProviderError | InBandError | TimeoutError | Message.DoesNotExist)
            words = provider.redacted(error)
            logger.warning("Reply %s: no title was written (%s).", reply_id, words, exc_info=not known)

    async def _ask(self, reply: Message, provider: Provider, request: Request) -> None:
        """Ask for a title, and record the call however it comes out, also where this process ends meanwhile."""
        call = ledger.begin(reply, provider, purpose=Call.Purpose.TITLE, model=request.model)
        answer = WIRES[provider.wire].answer("")
        title, usage, outcome, code = "", dict[str, Any](), Status.INTERRUPTED, "worker_gone"
        try:
            title, usage = await ask(provider, request, answer)
            outcome, code = Status.DONE, ""
        except Exception as error:
            outcome, code = Status.FAILED, code_of(error)
            raise
        finally:
            written = len(str(answer.text)) + len(str(answer.reasoning))
            call.end(outcome, code, **counted(answer.billed, request.messages, written or None))
            await self._in_database(ledger.title, reply.conversation, title, usage, call)


def begin(reply_id: UUID, model: str) -> tuple[Message, Request | None]:
    """Return the reply, and the request for a title if it is the only answer of a conversation nobody has named."""
    reply = Message.objects.select_related("conversation", "parent").get(pk=reply_id)
    conversation, question = reply.conversation, reply.parent
    answers = Message.objects.filter(conversation=conversation, role=Role.ASSISTANT, status=Status.DONE)
    has_title = conversation.titled_by != "question" or answers.exclude(pk=reply.pk).exists()
    if has_title or question is None or not question.content.strip():
        return reply, None
    return reply, request_for(model, question.content, reply.content)


def request_for(model: str, question: str, answer: str) -> Request:
    """Return a request that quotes both in one message, so that neither is taken for the request itself."""
    content = f"{REQUEST}\n\n<question>\n{question[:EXCERPT]}\n</question>\n\n<answer>\n{answer[:EXCERPT]}\n</answer>"
    limit = {"max_tokens": MAX_TOKENS}
    return Request(model, [{"role": "user", "content": content}], limit, optional=frozenset(limit))


def code_of(error: Exception) -> str:
    """Return the code of parley.errors for what can go wrong with a title."""
    if isinstance(error, ProviderError):
        return error.code
    if isinstance(error, InBandError):
        return in_band(str(error), error.status)
    return "timeout" if isinstance(error, TimeoutError) else "internal"


async def ask(provider: Provider, request: Request, answer: Accumulator) -> tuple[str, dict[str, Any]]:
    """Return the title and its usage. Raises ProviderError, InBandError, TimeoutError."""
    size = 0
    async with Timeout(PATIENCE), aclosing(stream(provider, request)) as batches:
        async for batch in batches:
            for chunk in batch:
                answer.add(chunk)
            size += len(batch)
            if size > MAX_CHUNKS or len(str(answer.text)) > MAX_CHARACTERS:
                break
    answer.close()
    return cleaned(str(answer.text)), {**answer.usage, "model": request.model}


def cleaned(text: str) -> str:
    """Return a line that can stand in a list, from whatever a model wrote, or "". Pure.

    >>> cleaned('**Title:** "Sorting lists in Python".')
    'Sorting lists in Python'
    """
    for line in text.splitlines():
        line = "".join(" " if character.isspace() else character for character in line if is_seen(character))
        line = _EMPHASIS.sub("", _LABEL.sub("", line)).lstrip(_BEGINNINGS).rstrip(_ENDS)
        if title := _without_quotes(line).rstrip(_ENDS):
            return title_from(title)
    return ""


def _without_quotes(line: str) -> str:
    """Strip quotation marks around the whole, or one that was never closed."""
    if line[:1] in _QUOTES and (line[-1:] in _QUOTES or sum(map(line.count, _QUOTES)) == 1):
        return line.strip(_QUOTES + " ")
    return line
