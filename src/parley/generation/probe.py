"""Tests of connections as a worker carries them out: asks for the models, and for one short answer."""

import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import aclosing, suppress
from typing import Any
from uuid import UUID

import httpx2
import orjson
from redis import RedisError

from parley.encrypted import KeyLost
from parley.models import Call, Connection, Status
from parley.provider import Provider

from . import catalogue, inquiry, ledger, probing
from .accumulator import Accumulator
from .egress import NotPublic
from .finish_reasons import LENGTH
from .outcome import ProviderError, after_end
from .prompt import Request
from .refusals import meaning
from .stream_errors import InBandError, sentence_of
from .streaming import stream
from .timeouts import Timeout
from .titles import MAX_CHARACTERS, MAX_CHUNKS, code_of
from .wires import WIRES

logger = logging.getLogger(__name__)

PATIENCE, MAX_TOKENS = 30.0, 200
SHOWN, LONGEST_TEXT = 10, 200
QUESTION = "Say hello in one short sentence."

Run = Callable[[Coroutine[Any, Any, Any]], Any]


def carry_out(connection_id: UUID, model: str, run: Run) -> None:
    """Carry out the test that was begun of a connection, which may be off. ``run``: runs in the loop of this process.

    Raises RedisError.
    """
    probe = probing.taken(connection_id)
    connection = Connection.objects.filter(pk=connection_id).first()
    if probe is None or connection is None:
        return
    try:
        facts = _tested(connection, model or connection.default_model, probe.person, run)
    except CancelledError:
        facts = {"code": "worker_gone"}
    except Exception:
        logger.exception("The connection %s could not be tested.", connection.slug)
        facts = {"code": "internal"}
    probe.note("failed" if facts.get("code") else "done", **facts)


def _tested(connection: Connection, model: str, person: str, run: Run) -> dict[str, Any]:
    """Return the facts of a Result."""
    try:
        provider = connection.provider
    except KeyLost:
        return {"code": "key_lost"}
    names, trouble = _list(provider)
    model = model or next(iter([*names, *catalogue.in_full(provider)]), "")
    facts = {"models": None if trouble else len(names), "names": names[:SHOWN], "model": model}
    if not model:
        return {**facts, **(trouble or {"code": "no_model"})}
    return {**facts, **_answer(provider, model, person, run)}


def _list(provider: Provider) -> tuple[list[str], dict[str, str]]:
    """Return the models that may be asked, which are kept for all pages; and what is wrong with the list."""
    try:
        listed = inquiry.ask(provider)
    except inquiry.FAILURES as error:
        return [], {"code": _code(error, provider), **_words(error, provider)}
    with suppress(RedisError, OSError):
        catalogue.keep(provider, listed)
    return [*filter(provider.allows, listed)], {}


def _code(error: Exception, provider: Provider) -> str:
    """Return the code of parley.errors for a list that could not be read."""
    if isinstance(error, inquiry.Refused):
        code = meaning(error.refusal)
        return "no_key" if code == "unauthorized" and not provider.key else code
    if isinstance(error, NotPublic):
        return "not_public"
    if isinstance(error, httpx2.TimeoutException):
        return "timeout"
    return "unreachable" if isinstance(error, httpx2.HTTPError | OSError) else "garbage"


def _words(error: Exception, provider: Provider) -> dict[str, str]:
    """Return the provider's own words as ``detail``; as ``cause`` those of the network, or of what reads its list."""
    if isinstance(error, ProviderError):
        return {"detail": provider.detail(error.words), "cause": provider.detail(error.cause)}
    if isinstance(error, InBandError):
        return {"detail": provider.detail(str(error))}
    if not isinstance(error, inquiry.Refused):
        return {"cause": "" if isinstance(error, NotPublic | TimeoutError) else provider.detail(str(error))}
    detail = error.refusal.message
    with suppress(ValueError):
        detail = sentence_of(orjson.loads(detail))
    return {"detail": provider.detail(detail)}


def _answer(provider: Provider, model: str, person: str, run: Run) -> dict[str, Any]:
    """Return what has come of a short answer, and record the call, also where this process ends meanwhile."""
    answer, call = WIRES[provider.wire].answer(""), ledger.begin_test(person, provider, model)
    outcome, code, words = Status.INTERRUPTED, "worker_gone", dict[str, str]()
    try:
        code, detail = _ending(answer, run(_read(provider, model, answer, call)))
        words = {"detail": provider.detail(detail)}
        outcome = Status.FAILED if code else Status.DONE
    except (ProviderError, InBandError) as error:
        outcome, code, words = Status.FAILED, code_of(error), _words(error, provider)
    finally:
        call.end(outcome, code, **answer.billed)
        ledger.record_test(call)
    text = provider.detail(str(answer.text))[:LONGEST_TEXT]
    return {"code": code, **words, "text": text, "first_token_ms": call.first_token_ms}


def _ending(answer: Accumulator, cut_short: bool) -> tuple[str, str]:
    """Return (code, words) of what is wrong with an answer; one that was cut short here is as good as a whole one."""
    answer.close()
    if answer.finish_reason == LENGTH or (cut_short and (answer.text or answer.reasoning)):
        return "", ""
    outcome = after_end(answer)
    return ("timeout", "") if cut_short else (outcome.error, outcome.detail)


async def _read(provider: Provider, model: str, answer: Accumulator, call: Call) -> bool:
    """Read an answer; return whether it was cut short, by time or length. Raises ProviderError, InBandError."""
    limit, size = {"max_tokens": MAX_TOKENS}, 0
    request = Request(model, [{"role": "user", "content": QUESTION}], limit, optional=frozenset(limit))
    with suppress(TimeoutError):
        async with Timeout(PATIENCE), aclosing(stream(provider, request)) as batches:
            async for batch in batches:
                for chunk in batch:
                    answer.add(chunk)
                if answer.text or answer.reasoning:
                    call.note_first_token()
                size += len(batch)
                if size > MAX_CHUNKS or len(str(answer.text)) > MAX_CHARACTERS:
                    return True
        return False
    return True
