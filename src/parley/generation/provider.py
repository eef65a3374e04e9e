"""OpenAI-compatible streaming: the official SDK for the request, a lean path for the chunks."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Collection
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import httpx2
import openai
import orjson

from parley.conf import conf
from parley.text import clean_line, without_secrets

from .accumulator import DONE, Stray
from .clients import asking
from .dialects import Dialect, blame
from .outcome import ProviderError, seconds_of
from .refusals import MAY_PASS, Refusal, meaning, without_echo
from .sse import HEARTBEATS, Events, NotAnEvent, is_done

logger = logging.getLogger(__name__)

MOST_MODELS = 1000
"""Models of which is remembered how they want to be asked."""
MOST_SAID = 4000
"""Characters of a refusal that are looked at."""
_dialects: dict[tuple[str, str], Dialect] = {}
"""(base URL, model) → the dialect in which it last took a request, as long as the process lives."""
LONGEST_SAID, LONGEST_DETAIL, LONGEST_LOGGED = 2000, 300, 500
SHORTEST_SECRET = 8
EVENTS_IN_EVENTS = (b"data:{", b"data: {", b"data:[", b"data: [")
"""What proxies make of a stream that they take for text."""


async def stream(
    model: str, messages: list[Any], *, optional: Collection[str] = (), **parameters: Any
) -> AsyncGenerator[list[Any], None]:
    """The chunks of an answer, decoded, as many at a time as the network brought. Raises ProviderError.

    ``optional``: names of parameters that are left out where the provider refuses them.
    """
    words = _errors_in_our_words(parameters)
    async with words, asyncio.timeout(conf.LONGEST_ANSWER), asyncio.timeout(None) as idle:
        _allow(idle, conf.CONNECT_TIMEOUT + conf.IDLE_TIMEOUT)
        body = {"model": model, "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
        async with (
            await _ask({**body, **parameters}, {"stream_options", *optional}) as answer,
            aclosing(_chunks(answer.response.aiter_bytes())) as chunks,
        ):
            async for batch in chunks:
                _allow(idle, conf.IDLE_TIMEOUT)
                yield batch


async def _ask(body: dict[str, Any], optional: Collection[str]) -> openai.AsyncStream[object]:
    """Ask as the model is known to want it, at once in another way where it refuses this one.

    A way is remembered when it was taken. Raises openai.APIStatusError.
    """
    whom = conf.BASE_URL, body["model"]
    dialect = _dialects.get(whom, Dialect())
    while True:
        try:
            answer = await _post(dialect.say(body))
        except openai.APIStatusError as error:
            other = dialect.after(_refusal(error), body, optional)
            if other is None:
                raise
            said = redacted(without_echo(error.body))
            logger.info("Asking %r in another way, after %s: %s", body["model"], error.status_code, said)
            dialect = other
        else:
            _remember(whom, dialect)
            return answer


def _remember(whom: tuple[str, str], dialect: Dialect) -> None:
    if dialect != _dialects.get(whom, Dialect()):
        while len(_dialects) >= MOST_MODELS:
            del _dialects[next(iter(_dialects))]
        _dialects[whom] = dialect


def _post(body: dict[str, Any]) -> Awaitable[openai.AsyncStream[object]]:
    """What ``chat.completions.create`` does, without the walk over types that takes most of its time."""
    answer = openai.AsyncStream[object]
    return _client().post("/chat/completions", body=body, cast_to=object, stream=True, stream_cls=answer)


def _client() -> openai.AsyncOpenAI:
    """Raises ProviderError where the base URL, or a proxy that the environment names, is no address."""
    try:
        return asking(conf.BASE_URL, conf.API_KEY)
    except (ValueError, ImportError) as error:
        logger.warning("The provider cannot be asked: %s", redacted(error))
        raise ProviderError("unreachable") from None


def _allow(idle: asyncio.Timeout, seconds: float) -> None:
    """Moved on when it is worth it: a stall may be noticed a fiftieth too early."""
    limit = asyncio.get_running_loop().time() + seconds
    if limit - (idle.when() or 0) > seconds / 50:
        idle.reschedule(limit)


async def _chunks(received: AsyncIterator[bytes]) -> AsyncGenerator[list[Any], None]:
    events = Events()
    async for data in received:
        batch: list[Any] = []
        try:
            batch.extend(map(_decode, events.feed(data)))
        finally:
            yield batch  # what came before a broken chunk is part of the answer
        if DONE in batch:
            return
    yield [_decode(event) for event in events.close()]
    if events.stray:
        yield [Stray(_legible(events.stray))]


def _decode(event: bytes) -> Any:
    """JSON as what it says; None for a heartbeat. Raises ValueError, or ProviderError for words that are no JSON."""
    try:
        return orjson.loads(event)
    except orjson.JSONDecodeError:
        return _decode_odd(event)


def _decode_odd(event: bytes) -> Any:
    if is_done(event):
        return DONE
    if event.strip().lower() in (b"", *HEARTBEATS):
        return None
    if event.startswith(EVENTS_IN_EVENTS):
        return _decode(event[5:])
    if words := _legible(event):
        logger.warning("The provider sent, in place of a chunk: %s", words)
        raise ProviderError("garbage", detail=words)
    try:
        return json.loads(event.decode("utf-8", "replace"))  # reads halves of surrogate pairs, which orjson refuses
    except RecursionError:
        raise NotAnEvent("JSON that is nested too deeply") from None


def _legible(data: bytes) -> str:
    """Words of the provider, for the person, or the repr of an error; "" for JSON and web pages."""
    begun = data.lstrip()[:2]
    known = begun[:1] in (b"{", b"[", b"<", b'"') and begun != b"{'"
    return "" if known else detail(data.decode("utf-8", "replace"))


async def close() -> None:
    """Close the connections that are kept for the next question, in the event loop that opened them."""
    if asking.cache_info().currsize:
        await asking(conf.BASE_URL, conf.API_KEY).close()
        asking.cache_clear()


@asynccontextmanager
async def _errors_in_our_words(parameters: dict[str, Any]) -> AsyncIterator[None]:
    try:
        yield
    except openai.APIStatusError as error:
        logger.warning("The provider answered %s: %s", error.status_code, redacted(without_echo(error.body)))
        raise _from_status(error, parameters) from None
    except TimeoutError:  # it has taken the request and is silent: to ask again would only double the wait
        raise ProviderError("timeout") from None
    except (openai.APIConnectionError, httpx2.TransportError, OSError) as error:
        logger.warning("The provider could not be reached: %s", redacted(error.__cause__ or error))
        raise ProviderError("timeout" if _is_timeout(error) else "unreachable", retriable=True) from None
    except (NotAnEvent, ValueError, httpx2.DecodingError) as error:
        logger.warning("The provider sent no stream: %s", redacted(error))
        raise ProviderError("garbage") from None


def _is_timeout(error: BaseException) -> bool:
    """The SDK's aiohttp transport calls a refused connection a time-out; what it wraps knows better."""
    wrapped = [error]
    while cause := wrapped[-1].__cause__:
        wrapped.append(cause)
    if any(isinstance(cause, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError) for cause in wrapped):
        return any(isinstance(cause, aiohttp.ServerTimeoutError) for cause in wrapped)
    return any(isinstance(cause, TimeoutError | openai.APITimeoutError | httpx2.TimeoutException) for cause in wrapped)


def _refusal(error: openai.APIStatusError) -> Refusal:
    """What the SDK made of a response, of which any part may be missing or of another type."""
    body = without_echo(error.body)
    said = body if isinstance(body, str) else repr(body or "")
    code, param = (value if isinstance(value, str) else "" for value in (error.code, error.param))
    return Refusal(error.status_code, said[:MOST_SAID], code[:100], param[:100])


def _from_status(error: openai.APIStatusError, parameters: dict[str, Any]) -> ProviderError:
    """Whoever set a parameter that is refused is told so."""
    refusal = _refusal(error)
    code = meaning(refusal)
    if refusal.about_the_request and (to_blame := blame(refusal, parameters)):
        return ProviderError(f"refused_{to_blame[0]}")
    if code == "unauthorized" and not conf.API_KEY:
        code = "no_key"
    retry_after = seconds_of(error.response.headers.get("retry-after", ""), datetime.now(UTC))
    return ProviderError(code, retriable=code in MAY_PASS, retry_after=retry_after)


def detail(said: str) -> str:
    """What a provider said, for the person who asked: one line, without keys."""
    return without_secrets(_without_key(clean_line(said, LONGEST_SAID)))[:LONGEST_DETAIL]


def redacted(said: object) -> str:
    """What a provider said, for the log: one line that a terminal only shows, without keys, and not too long."""
    text = _without_key(said if isinstance(said, str) else repr(said))
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in without_secrets(text[:LONGEST_LOGGED]))


def _without_key(said: str) -> str:
    """A key such as "x", which local servers are given, is masked where it stands alone, and not in every word."""
    key = re.escape(conf.API_KEY)
    if len(conf.API_KEY) < SHORTEST_SECRET:
        key = rf"(?<!\w){key}(?!\w)"
    return re.sub(key, "***", said) if conf.API_KEY else said
