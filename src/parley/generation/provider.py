"""OpenAI-compatible streaming: the official SDK for the request, a lean path for the chunks."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import aiohttp
import httpx2
import openai
import orjson

from parley.conf import conf

from .accumulator import DONE
from .outcome import ProviderError, seconds_of
from .parameters import in_newer_names, refused, wants_newer_name
from .sse import Events, NotAnEvent

logger = logging.getLogger(__name__)

STATUS_CODES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "model_not_found", 413: "too_long",
                422: "bad_request", 429: "rate_limited"}  # fmt: skip
CONNECTION_LIMITS = httpx2.Limits(max_connections=0, max_keepalive_connections=100)
"""No limit: with None the SDK's aiohttp transport falls back to aiohttp's own, 100 at once."""
_in_newer_names: set[str] = set()
"""Models that have refused the older names of parameters, as long as the process lives."""


async def stream(model: str, messages: list[Any], **parameters: Any) -> AsyncGenerator[list[Any], None]:
    """The chunks of an answer, decoded, as many at a time as the network brought. Raises ProviderError."""
    parameters = in_newer_names(parameters) if model in _in_newer_names else parameters
    words = _errors_in_our_words(model, parameters)
    async with words, asyncio.timeout(conf.LONGEST_ANSWER), asyncio.timeout(None) as idle:
        _allow(idle, conf.CONNECT_TIMEOUT + conf.IDLE_TIMEOUT)
        body = {"model": model, "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
        async with await _post({**body, **parameters}) as answer:
            if "json" in answer.response.headers.get("content-type", ""):
                raise ProviderError("garbage")
            async with aclosing(_chunks(answer.response.aiter_bytes())) as chunks:
                async for batch in chunks:
                    _allow(idle, conf.IDLE_TIMEOUT)
                    yield batch


def _post(body: dict[str, Any]) -> Awaitable[openai.AsyncStream[object]]:
    """What ``chat.completions.create`` does, without the walk over types that takes most of its time."""
    client, answer = _client(conf.BASE_URL, conf.API_KEY), openai.AsyncStream[object]
    return client.post("/chat/completions", body=body, cast_to=object, stream=True, stream_cls=answer)


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


def _decode(event: bytes) -> Any:
    if event.strip() == b"[DONE]":
        return DONE
    try:
        return orjson.loads(event)
    except orjson.JSONDecodeError:
        return json.loads(event.decode("utf-8", "replace"))  # reads halves of surrogate pairs, which orjson refuses


@lru_cache(maxsize=8)
def _client(base_url: str, api_key: str) -> openai.AsyncOpenAI:
    transport = openai.DefaultAioHttpClient(
        limits=CONNECTION_LIMITS,
        timeout=httpx2.Timeout(None, connect=conf.CONNECT_TIMEOUT),
        follow_redirects=False,
    )
    return openai.AsyncOpenAI(base_url=base_url, api_key=api_key or "none", max_retries=0, http_client=transport)


async def close() -> None:
    """Close the connections that are kept for the next question, in the event loop that opened them."""
    if _client.cache_info().currsize:
        await _client(conf.BASE_URL, conf.API_KEY).close()
        _client.cache_clear()


@asynccontextmanager
async def _errors_in_our_words(model: str, parameters: dict[str, Any]) -> AsyncIterator[None]:
    try:
        yield
    except openai.APIStatusError as error:
        logger.warning("The provider answered %s: %s", error.status_code, redacted(str(error.body)))
        raise _from_refusal(error, model, parameters) or _from_status(error) from None
    except TimeoutError:  # it has taken the request and is silent: to ask again would only double the wait
        raise ProviderError("timeout") from None
    except (openai.APIConnectionError, httpx2.TransportError, OSError) as error:
        logger.warning("The provider could not be reached: %s", redacted(repr(error.__cause__ or error)))
        raise ProviderError("timeout" if _is_timeout(error) else "unreachable", retriable=True) from None
    except (NotAnEvent, ValueError) as error:
        logger.warning("The provider sent no stream: %s", redacted(str(error)))
        raise ProviderError("garbage") from None


def _is_timeout(error: BaseException) -> bool:
    """The SDK's aiohttp transport calls a refused connection a time-out; what it wraps knows better."""
    wrapped = [error]
    while cause := wrapped[-1].__cause__:
        wrapped.append(cause)
    if any(isinstance(cause, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError) for cause in wrapped):
        return any(isinstance(cause, aiohttp.ServerTimeoutError) for cause in wrapped)
    return any(isinstance(cause, TimeoutError | openai.APITimeoutError | httpx2.TimeoutException) for cause in wrapped)


def _from_refusal(error: openai.APIStatusError, model: str, parameters: dict[str, Any]) -> ProviderError | None:
    """The request was refused for one of its parameters; with another name of it, it may be taken."""
    said = str(error.body)
    name = refused(said, parameters, named=error.param) if error.status_code in (400, 422) else ""
    if not name or error.code == "context_length_exceeded":
        return None
    if wants_newer_name(said, parameters):
        _in_newer_names.add(model)
        return ProviderError(f"refused_{name}", retriable=True, retry_after=0)
    return ProviderError(f"refused_{name}")


def _from_status(error: openai.APIStatusError) -> ProviderError:
    status = error.status_code
    if 300 <= status < 400:
        return ProviderError("redirected")
    code = STATUS_CODES.get(status, "provider_down" if status >= 500 else "bad_request")
    if code == "unauthorized" and not conf.API_KEY:
        code = "no_key"
    if error.code == "context_length_exceeded":
        code = "too_long"
    retry_after = seconds_of(error.response.headers.get("retry-after", ""), datetime.now(UTC))
    return ProviderError(code, retriable=status in (408, 409, 429) or status >= 500, retry_after=retry_after)


def redacted(text: str) -> str:
    """What a provider said, for the log: without the key, and not too long."""
    return (text.replace(conf.API_KEY, "***") if conf.API_KEY else text)[:500]
