"""Errors inside a stream, in the shapes of many vendors → the provider's own sentence. Pure."""

from collections.abc import Iterable
from typing import Any

from parley.text import clean_count, clean_line

LONGEST_SENTENCE = 2000
"""Characters that are read; Provider.detail says how many are kept."""
DEEPEST = 4
MAX_SENTENCES = 5

_TEXT_FIELDS = (
    "message", "msg", "detail", "error", "error_message", "error_msg", "errors", "description", "status_msg",
    "reason",
)  # fmt: skip
_NAMED_IN = ("type", "code", "status", "error_code")
_BY_ITSELF = ("detail", "errors", "error_message", "error_msg", "error_code")
"""Fields that only errors have."""
_WELL = frozenset(("0", "200", "ok", "success"))
_ON_THE_WAY = frozenset(
    ("info", "ping", "processing", "pending", "queued", "queue", "progress", "in_progress", "loading")
)
"""What chunks with a message call themselves where it is no error."""


class InBandError(Exception):
    """The provider reported an error inside the stream. ``str()``: its own sentence; ``status``: one of HTTP, or 0."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


def error_in(chunk: dict[str, Any]) -> InBandError | None:
    """Return the error that a chunk or a choice reports, whose sentence may be ""; None where it reports none.

    >>> error_in({"error": {"message": "Busy", "code": 503}}), error_in({"type": "ping"})
    (InBandError('Busy'), None)
    """
    if error := chunk.get("error"):
        if _is_well(error) and chunk.keys() & {"choices", "delta", "finish_reason"}:
            return None
        return InBandError(sentence_of(error) or sentence_of(chunk), _status_of(error) or _status_of(chunk))
    status = chunk.get("base_resp")
    if isinstance(status, dict) and status.get("status_code"):  # MiniMax
        return InBandError(sentence_of(status))
    return InBandError(sentence_of(chunk), _status_of(chunk)) if _is_error(chunk) else None


def _is_well(error: Any) -> bool:
    return isinstance(error, dict) and all(not value or str(value).lower() in _WELL for value in error.values())


def _status_of(body: Any) -> int:
    """Return the status of HTTP that an error names, or 0."""
    if not isinstance(body, dict):
        return 0
    named = (clean_count(body.get(name)) or 0 for name in ("code", "status", "status_code"))
    return next((status for status in named if 400 <= status < 600), 0)


def sentence_of(body: Any, depth: int = DEEPEST) -> str:
    """Return one line of what an error says: a text, a list or an object, however they are nested.

    >>> sentence_of({"detail": [{"msg": "Field required"}, {"msg": "Too long"}]})
    'Field required; Too long'
    """
    if isinstance(body, str):
        return clean_line(body, LONGEST_SENTENCE)
    if isinstance(body, list):
        return _joined((sentence_of(one, depth - 1) for one in body[:MAX_SENTENCES]) if depth else ())
    if not isinstance(body, dict) or not depth:
        return ""
    sentences = (sentence_of(body[name], depth - 1) for name in _TEXT_FIELDS if name in body)
    return _joined((next(filter(None, sentences), ""), _upstream(body))) or _name_of(body)


def _joined(sentences: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, sentences)))[:LONGEST_SENTENCE]


def _upstream(body: dict[str, Any]) -> str:
    """Return what OpenRouter quotes of the provider that it asked."""
    metadata = body.get("metadata")
    return clean_line(metadata.get("raw"), LONGEST_SENTENCE) if isinstance(metadata, dict) else ""


def _name_of(body: dict[str, Any]) -> str:
    names = (body[name] for name in _NAMED_IN if isinstance(body.get(name), str | int) and body[name])
    return clean_line(str(next(names, ""))[:LONGEST_SENTENCE], LONGEST_SENTENCE)


def _is_error(chunk: dict[str, Any]) -> bool:
    kinds = {chunk[name] for name in ("object", "type", "status", "event") if isinstance(chunk.get(name), str)}
    if "error" in kinds or any(chunk.get(name) for name in _BY_ITSELF):
        return True
    if str(chunk.get("code")).lower() in _WELL or kinds & _ON_THE_WAY:
        return False
    message = chunk.get("message") or chunk.get("msg")
    return isinstance(message, str) and bool(message)
