"""Streams from OpenAI-compatible APIs: the official SDK for the request, a lean path for the chunks."""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import httpx2
import openai
import orjson

from parley import correlation
from parley.provider import Provider
from parley.text import clean_line

from . import clients
from .accumulator import DONE, Stray
from .bodies import with_pictures
from .chat_completions import Dialect, blame
from .egress import NotPublic
from .outcome import ProviderError, seconds_of
from .prompt import Request
from .refusals import MAY_PASS, Refusal, meaning, without_echo
from .sse import HEARTBEATS, Events, NotAnEvent, is_done
from .stream_errors import sentence_of
from .timeouts import Timeout
from .wires import WIRES

logger = logging.getLogger(__name__)

MAX_MODELS = 1000
"""Models whose dialects are remembered."""
MAX_REFUSAL, LONGEST_ERROR = 4000, 2000
"""Characters that are read: of a refusal, and of words in place of a chunk."""
_dialects: dict[tuple[Provider, str], Dialect] = {}
"""(provider, model) → the dialect of the last accepted request, as long as the process lives."""
BROKEN = (openai.APIConnectionError, httpx2.TransportError, OSError)
EVENTS_IN_EVENTS = (b"data:{", b"data: {", b"data:[", b"data: [")
"""How proxies garble a stream that they take for text."""


async def stream(provider: Provider, request: Request) -> AsyncGenerator[list[Any], None]:
    """Ask, and yield the decoded events of the answer, as many as each read brought. Raises ProviderError."""
    words = _errors_in_our_words(provider, request)
    silence = Timeout(provider.connect_timeout + provider.idle_timeout)
    async with (
        words,
        Timeout(provider.answer_timeout),
        silence,
        _client(provider) as client,
        await _ask(client, provider, request) as answer,
        aclosing(_chunks(answer.response.aiter_bytes())) as chunks,
    ):
        async for batch in chunks:
            silence.restart(provider.idle_timeout)
            yield batch


async def _ask(client: openai.AsyncOpenAI, provider: Provider, request: Request) -> openai.AsyncStream[object]:
    """Ask in the dialect that the model is known to accept, and at once in another where it refuses this one.

    A dialect is remembered once it was accepted. Raises openai.APIStatusError.
    """
    key = provider, request.model
    dialect = _dialects.get(key, Dialect())
    while True:
        try:
            answer = await _post(client, provider, request, dialect)
        except openai.APIStatusError as error:
            other = dialect.after(_refusal(error, request), request)
            if other is None:
                raise
            message = provider.redacted(without_echo(error.body))
            logger.info("Asking %r in another way, after %s: %s", request.model, error.status_code, message)
            dialect = other
        else:
            _remember(key, dialect)
            return answer


def _remember(key: tuple[Provider, str], dialect: Dialect) -> None:
    if not dialect.guessed and dialect != _dialects.get(key, Dialect()):
        while len(_dialects) >= MAX_MODELS:
            del _dialects[next(iter(_dialects))]
        _dialects[key] = dialect


async def _post(
    client: openai.AsyncOpenAI, provider: Provider, request: Request, dialect: Dialect
) -> openai.AsyncStream[object]:
    """Do what ``chat.completions.create`` does, without the walk over types, and the slow JSON, that take its time."""
    wire, answer = WIRES[provider.wire], openai.AsyncStream[object]
    body = {**wire.body(request, dialect), **provider.extra_body}
    pictures = request.pictures
    sent: Any = await with_pictures(wire, body, pictures) if pictures else {"content": orjson.dumps(body)}
    if request_id := correlation.request_id():
        headers = sent.setdefault("options", {}).setdefault("headers", {})
        headers["X-Client-Request-Id"] = request_id
    return await client.post(wire.path, cast_to=object, stream=True, stream_cls=answer, **sent)


@asynccontextmanager
async def _client(provider: Provider) -> AsyncIterator[openai.AsyncOpenAI]:
    """Lend the client. Raises ProviderError where the base URL, or a proxy of the environment, is no address."""
    async with AsyncExitStack() as stack:
        try:
            client = await stack.enter_async_context(clients.lent(provider))
        except (ValueError, ImportError, httpx2.InvalidURL) as error:
            logger.warning("The provider cannot be asked: %s", provider.redacted(error))
            raise ProviderError("unreachable") from None
        yield client


async def _chunks(received: AsyncIterator[bytes]) -> AsyncGenerator[list[Any], None]:
    """Decode what is received; what came before a broken chunk, or before it broke off, is part of the answer."""
    events = Events()
    broken: Exception | None = None
    try:
        async for data in received:
            batch: list[Any] = []
            try:
                batch.extend(map(_decode, events.feed(data)))
            finally:
                yield batch
            if DONE in batch:
                return
    except BROKEN as reason:
        broken = reason
    rest, wrong = _decode_rest(events)
    yield rest
    if (error := broken or wrong) and DONE not in rest:
        raise error
    if events.stray:
        yield [Stray(_legible(events.stray))]


def _decode_rest(events: Events) -> tuple[list[Any], Exception | None]:
    """Return the events that are left when nothing more comes, and what is wrong with the one after them."""
    rest: list[Any] = []
    try:
        rest.extend(map(_decode, events.close()))
    except json.JSONDecodeError:
        return rest, ConnectionError("It ended inside of an event.")
    except (ProviderError, NotAnEvent, ValueError) as error:
        return rest, error
    return rest, None


def _decode(event: bytes) -> Any:
    """Parse JSON; None for a heartbeat. Raises ValueError, or ProviderError for words that are no JSON."""
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
        raise ProviderError("garbage", detail=words)
    try:
        return json.loads(event.decode("utf-8", "replace"), strict=False)  # halves of pairs and control characters too
    except RecursionError:
        raise NotAnEvent("JSON that is nested too deeply") from None


def _legible(data: bytes) -> str:
    """Return a line of what people can read, such as the repr of an error; "" for JSON and web pages.

    >>> _legible(b"upstream timed out"), _legible(b"<html>")
    ('upstream timed out', '')
    """
    begun = data.lstrip()[:2]
    known = begun[:1] in (b"{", b"[", b"<", b'"') and begun != b"{'"
    return "" if known else clean_line(data.decode("utf-8", "replace"), LONGEST_ERROR)


@asynccontextmanager
async def _errors_in_our_words(provider: Provider, request: Request) -> AsyncIterator[None]:
    def log(words: str, message: object) -> None:
        logger.warning("The provider %s: %s", words, provider.redacted(message))

    try:
        yield
    except ProviderError as error:
        if error.detail and error.code != "missing":
            log("sent, in place of a chunk", error.detail)
        raise
    except openai.APIStatusError as error:
        log(f"answered {error.status_code}", without_echo(error.body))
        raise _from_status(error, provider, request) from None
    except TimeoutError:  # it has taken the request and is silent: to ask again would only double the wait
        raise ProviderError("timeout") from None
    except BROKEN as error:
        log("could not be reached", error.__cause__ or error)
        raise _from_break(error) from None
    except (NotAnEvent, ValueError, httpx2.DecodingError) as error:
        log("sent no stream", error)
        raise ProviderError("garbage") from None


def _from_break(error: Exception) -> ProviderError:
    """Return the error of a request that did not come through, with the words of the network."""
    causes = _causes(error)
    if any(isinstance(cause, NotPublic) for cause in causes):
        return ProviderError("not_public")
    code = "timeout" if _is_timeout(causes) else "unreachable"
    return ProviderError(code, retriable=True, cause=str(error.__cause__ or error))


def _causes(error: BaseException) -> list[BaseException]:
    """Return an error and what it wraps, outermost first."""
    causes = [error]
    while cause := causes[-1].__cause__:
        causes.append(cause)
    return causes


def _is_timeout(causes: list[BaseException]) -> bool:
    """Return whether time ran out: the SDK's transport calls refused connections so, too, but wraps the cause."""
    if any(isinstance(cause, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError) for cause in causes):
        return any(isinstance(cause, aiohttp.ServerTimeoutError) for cause in causes)
    return any(isinstance(cause, TimeoutError | openai.APITimeoutError | httpx2.TimeoutException) for cause in causes)


def _refusal(error: openai.APIStatusError, request: Request) -> Refusal:
    """Read the SDK's error, of which any part may be missing or of another type."""
    body = without_echo(error.body)
    message = body if isinstance(body, str) else repr(body or "")
    code, param = (value if isinstance(value, str) else "" for value in (error.code, error.param))
    return Refusal(error.status_code, message[:MAX_REFUSAL], code[:100], param[:100], bool(request.pictures))


def _from_status(error: openai.APIStatusError, provider: Provider, request: Request) -> ProviderError:
    """Return the error of a refusal, which names the parameter that was refused, if any."""
    refusal = _refusal(error, request)
    code = meaning(refusal)
    if refusal.about_the_request and (to_blame := blame(refusal, request.parameters)):
        return ProviderError(f"refused_{to_blame[0]}", words=refusal.message)
    if code == "unauthorized" and not provider.key:
        code = "no_key"
    retry_after = seconds_of(error.response.headers.get("retry-after", ""), datetime.now(UTC))
    words = sentence_of(without_echo(error.body))
    return ProviderError(code, retriable=code in MAY_PASS, retry_after=retry_after, words=words)
