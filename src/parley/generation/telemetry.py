"""What is told of a reply beside its row: spans, and a line of the log at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from parley import correlation, tracing
from parley.provider import host_of
from parley.text import clean_line

from .outcome import Outcome
from .writing import Writing

LONGEST_NAME = 200


@contextmanager
def writes(writing: Writing) -> Iterator[None]:
    """Let what is done meanwhile be known as that of this reply."""
    correlation.note(**writing.facts)
    with tracing.span(tracing.WRITE, linked=True):
        tracing.note(tracing.REPLY, str(writing.reply.pk))
        tracing.note(tracing.ATTEMPT, writing.reply.attempt)
        yield


def ended(writing: Writing, outcome: Outcome) -> None:
    """Log the end of an attempt."""
    if outcome.error:
        tracing.failed(outcome.error)
    began = writing.reply.started_at or timezone.now()
    milliseconds = round((timezone.now() - began).total_seconds() * 1000)
    words = ": ".join(filter(None, (outcome.status, outcome.error)))
    correlation.events.info("Reply %s: %s.", writing.reply.pk, words, extra={**writing.facts, "ms": milliseconds})


class Chat:
    """The span of one request to a provider."""

    def __init__(self, writing: Writing) -> None:
        self._writing, self._named = writing, not tracing.is_on()

    def saw(self, batch: list[Any]) -> None:
        """Note which model answers, from the first events that say so."""
        if self._named:
            return
        for event in batch:
            said = event.get("response", event) if isinstance(event, dict) else {}
            if isinstance(said, dict) and isinstance(model := said.get("model"), str):
                self._named = True
                tracing.note(tracing.RESPONSE_MODEL, clean_line(model, LONGEST_NAME))
                return

    def ended(self) -> None:
        """Note what the answer has cost, and how it ended."""
        answer = self._writing.answer
        if tracing.is_on():
            reason = answer.finish_reason
            tracing.note(tracing.INPUT_TOKENS, answer.billed.get("prompt_tokens"))
            tracing.note(tracing.OUTPUT_TOKENS, answer.billed.get("completion_tokens"))
            tracing.note(tracing.FINISH_REASONS, [clean_line(reason, LONGEST_NAME)] if reason else None)


@contextmanager
def asks(writing: Writing) -> Iterator[Chat]:
    """Record a request to the provider, as ``chat {model}``."""
    model = writing.request.model
    with tracing.span(f"{tracing.CHAT} {model}", client=True):
        tracing.note(tracing.OPERATION, tracing.CHAT)
        tracing.note(tracing.REQUEST_MODEL, model)
        tracing.note(tracing.SERVER, host_of(writing.provider.base_url).partition(":")[0])
        chat = Chat(writing)
        try:
            yield chat
        finally:
            chat.ended()
