"""Lets the policy of a site change what is sent for a reply; it can delay or fail that reply, and nothing else."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connections

from parley import errors, policy

from .inclusion import Picture
from .outcome import Outcome
from .prompt import ProviderMessage
from .writing import Writing

logger = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds that the policy has for a reply."""
AT_ONCE = 32
"""Replies for which it may be asked at the same time; a call that hangs keeps its place."""
ROLES = ("system", "user", "assistant")


class Prompting:
    """Asks the policy in threads of their own, which end with the process: a pool would wait for one that hangs."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)

    async def then(self, write: Callable[..., Awaitable[Outcome]], writing: Writing, *arguments: Any) -> Outcome:
        """Change the prompt of a reply, and write it."""
        await self.change(writing)
        return await write(writing, *arguments)

    async def change(self, writing: Writing) -> None:
        """Have the policy change the messages of a request; where it fails, note that nobody is to be asked."""
        with _noting_refusals(writing):
            prompter = None if writing.unasked else policy.prompter()
            if prompter is not None:
                _take(writing, await self._asked(prompter, writing))

    async def _asked(self, prompter: Callable[[Any, Any], Any], writing: Writing) -> Any:
        """Return what the policy returns, given copies. Raises what it raises, and TimeoutError."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        messages = _copies(writing)
        async with asyncio.timeout(PATIENCE):
            await self._places.acquire()
            asking = (prompter, copy(writing.reply), messages, answer, self._places)
            threading.Thread(target=_ask, args=asking, name="parley-policy", daemon=True).start()
            return await answer


def change_here(writing: Writing) -> None:
    """Do the same in this thread, however long it takes: for tests, whose transaction no other thread sees."""
    with _noting_refusals(writing):
        prompter = None if writing.unasked else policy.prompter()
        if prompter is not None:
            _take(writing, prompter(copy(writing.reply), _copies(writing)))


@contextmanager
def _noting_refusals(writing: Writing) -> Iterator[None]:
    try:
        yield
    except PermissionDenied as refused:
        writing.unasked = Outcome("failed", errors.REFUSED_BY_SITE, str(refused))
    except Exception:
        logger.exception("Reply %s: the policy of this site gave no prompt.", writing.reply.pk)
        writing.unasked = Outcome("failed", errors.REFUSED_BY_SITE)


def _take(writing: Writing, messages: Any) -> None:
    writing.request = replace(writing.request, messages=checked(messages))


def _copies(writing: Writing) -> list[dict[str, Any]]:
    return [{**message} for message in writing.request.messages]


def _ask(
    prompter: Callable[[Any, Any], Any],
    reply: Any,
    messages: Any,
    answer: asyncio.Future[Any],
    places: asyncio.Semaphore,
) -> None:
    loop, result, error = answer.get_loop(), None, None
    try:
        result = prompter(reply, messages)
    except BaseException as raised:
        error = raised if isinstance(raised, Exception) else RuntimeError(repr(raised))
    finally:
        connections.close_all()
    with suppress(RuntimeError):  # The loop is closed: the process ends.
        loop.call_soon_threadsafe(_answer, answer, result, error, places)


def _answer(answer: asyncio.Future[Any], result: Any, error: Exception | None, places: asyncio.Semaphore) -> None:
    places.release()
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)


def checked(messages: Any) -> list[ProviderMessage]:
    """Return the messages of a policy. Raises TypeError for anything that is no list of messages with a content.

    >>> checked([{"role": "user", "content": "Hello"}])
    [{'role': 'user', 'content': 'Hello'}]
    """
    if not isinstance(messages, list) or not messages or not all(map(_is_message, messages)):
        raise TypeError("A prompt is a list of at least one message, each with a role and a content.")
    return [ProviderMessage(role=message["role"], content=message["content"]) for message in messages]


def _is_message(message: Any) -> bool:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        return False
    content = message.get("content")
    return isinstance(content, str) or (
        isinstance(content, list) and bool(content) and all(isinstance(part, str | Picture) for part in content)
    )
