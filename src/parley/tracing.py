"""Spans of OpenTelemetry, where its API is installed (the extra ``otel``) and the host has set it up; else nothing.

All names stand here, since the conventions for GenAI still change. No span holds content, and no words of an exception.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from . import __version__

try:
    from opentelemetry import propagate, trace
except ImportError:
    propagate = trace = None  # type: ignore[assignment]

ASK, WRITE, CHAT = "ask", "write_reply", "chat"
OPERATION = "gen_ai.operation.name"
REQUEST_MODEL, RESPONSE_MODEL = "gen_ai.request.model", "gen_ai.response.model"
INPUT_TOKENS, OUTPUT_TOKENS = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
FINISH_REASONS = "gen_ai.response.finish_reasons"
SERVER, ERROR = "server.address", "error.type"
REPLY, ATTEMPT = "parley.reply", "parley.attempt"
HEADER, FIELD = "parley_trace", "traceparent"
"""Of a task, and of the W3C's format."""

_asked: ContextVar[str] = ContextVar("parley_asked", default="")


def is_on() -> bool:
    """Return whether the span of this moment is recorded by anybody."""
    return trace is not None and trace.get_current_span().is_recording()


def note(name: str, value: Any) -> None:
    """Set an attribute of the span of this moment; None and "" are left out."""
    if value not in (None, "") and is_on():
        trace.get_current_span().set_attribute(name, value)


def failed(why: str) -> None:
    """Mark the span of this moment as failed. ``why``: a code or the name of a class."""
    if is_on():
        note(ERROR, why)
        trace.get_current_span().set_status(trace.StatusCode.ERROR)


@contextmanager
def span(name: str, *, client: bool = False, linked: bool = False) -> Iterator[None]:
    """Record what is done meanwhile. ``linked``: to the request that has sent this task, as a trace of its own."""
    if trace is None:
        yield
        return
    kind = trace.SpanKind.CLIENT if client else trace.SpanKind.INTERNAL
    quiet: Any = {"record_exception": False, "set_status_on_exception": False}
    links = _links() if linked else ()
    with trace.get_tracer("parley", __version__).start_as_current_span(name, kind=kind, links=links, **quiet):
        try:
            yield
        except Exception as error:
            failed(str(getattr(error, "code", "") or type(error).__name__))
            raise


def carried() -> dict[str, str]:
    """Return the header that takes the span of this moment to a worker."""
    fields: dict[str, str] = {}
    if is_on():
        propagate.inject(fields)
    return {HEADER: fields[FIELD]} if FIELD in fields else {}


def begin(header: str) -> None:
    """Note the span that a task has brought, "" for none."""
    _asked.set(header)


def _links() -> list[Any]:
    context = trace.get_current_span(propagate.extract({FIELD: _asked.get()})).get_span_context()
    return [trace.Link(context)] if context.is_valid else []
