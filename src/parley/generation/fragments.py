"""Reads deltas that hold more than a plain string, in the shapes of many vendors. Pure."""

from collections.abc import Iterator
from typing import Any

from parley.text import clean_address, clean_line

TEXT, THOUGHT, SOURCE = "text", "thought", "citation"
LONGEST_NAME = 200
DEEPEST = 5
MAX_SOURCES = 50
MAX_LOOKED_AT = 1000

REASONING = ("reasoning_content", "reasoning", "reasoning_details", "reasoning_text", "thinking", "thinking_blocks")
"""Fields with reasoning, which is often sent twice: the first that has any has it all."""
TEXT_FIELDS = (
    "text", "thinking", "reasoning", "refusal", "content", "summary", "transcript", "output_text", "value", "parts",
)  # fmt: skip
REASONING_KINDS = ("thinking", "thought", "reasoning", "summary")
SILENT = ("redacted", "encrypted", "signature", "reference", "citation")
"""Kinds that are no text for people to read."""
UNSHOWN = {"image": "image", "audio": "audio", "video": "file", "file": "file", "document": "file", "tool": "tool_call",
           "function": "tool_call"}  # fmt: skip
"""Kinds of parley.parts, by what a vendor's kind or name begins with, or has in it."""
SOURCES = ("annotations", "citations", "context", "search_results", "references")
BESIDE_TEXT = ("images", "image", "image_url", "audio", "video", "files", "file", "tool_calls", "function_call")

Fragment = tuple[str, str]
"""(TEXT, THOUGHT or a kind of parley.parts; the text)"""


def fragments_of(content: Any, *, is_reasoning: bool = False, depth: int = DEEPEST) -> Iterator[Fragment]:
    """Yield the fragments of a content: a text, a part, or a list of parts (OpenAI, Mistral, Anthropic, Databricks).

    >>> list(fragments_of([{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hi"}, {"image": "…"}]))
    [('thought', 'Hm.'), ('text', 'Hi'), ('image', '')]
    """
    if isinstance(content, str):
        if content:
            yield THOUGHT if is_reasoning else TEXT, content
    elif isinstance(content, list) and depth:
        for part in content[:MAX_LOOKED_AT]:
            yield from fragments_of(part, is_reasoning=is_reasoning, depth=depth - 1)
    elif isinstance(content, dict) and depth:
        yield from _fragments_of_part(content, is_reasoning, depth)


def _fragments_of_part(part: dict[str, Any], is_reasoning: bool, depth: int) -> Iterator[Fragment]:
    kind = part["type"] if isinstance(part.get("type"), str) else ""
    is_reasoning = is_reasoning or part.get("thought") is True or kind.startswith(REASONING_KINDS)
    found = False
    for name in TEXT_FIELDS:
        for fragment in fragments_of(part.get(name), is_reasoning=is_reasoning, depth=depth - 1):
            found = True
            yield fragment
        if found:
            return
    if unshown := unshown_kind(kind) or next(filter(None, map(unshown_kind, part)), ""):
        yield unshown, ""
    elif kind and not kind.endswith("text") and not any(word in kind for word in (*SILENT, *REASONING_KINDS)):
        yield "data", ""


def unshown_kind(name: str) -> str:
    """Return the kind of parley.parts that a vendor's kind or field is about, or ""."""
    return next((kind for word, kind in UNSHOWN.items() if word in name), "")


def reasoning_in(delta: dict[str, Any]) -> str:
    """Return the reasoning of a delta, or "".

    >>> reasoning_in({"reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]})
    'Hm.'
    """
    for name in REASONING:
        value = _as_text(delta.get(name))
        if type(value) is str and value:
            return value
        if value and (found := "".join(text for _, text in fragments_of(value, is_reasoning=True))):
            return found
    return ""


def _as_text(content: Any) -> Any:
    """Return a number as text: Cloudflare sends tokens that are digits so."""
    return str(content) if type(content) in (int, float) else content


def words_in(delta: dict[str, Any]) -> Iterator[Fragment]:
    """Yield the text of a delta, and what it has that cannot be shown, in order.

    >>> list(words_in({"content": "Hi", "tool_calls": [{"id": "1"}]}))
    [('text', 'Hi'), ('tool_call', '')]
    """
    for name in ("content", "text", "refusal"):
        yield from fragments_of(_as_text(delta.get(name)))
    for name in BESIDE_TEXT:
        value = delta.get(name)
        if name == "audio" and isinstance(value, dict):
            yield from fragments_of(value.get("transcript"))
        if value and (name != "function_call" or any(value.values() if isinstance(value, dict) else ())):
            yield unshown_kind(name), ""


def sources_in(found: Any, depth: int = DEEPEST) -> Iterator[tuple[str, str]]:
    """Yield (web address or "", title) of an annotation, a citation, a search result, or of each in a list of them.

    >>> list(sources_in(["https://a.example", {"url": "https://b.example", "title": "B"}]))
    [('https://a.example', ''), ('https://b.example', 'B')]
    """
    if isinstance(found, str):
        yield clean_address(found), ""
    elif isinstance(found, list) and depth:
        for one in found[:MAX_LOOKED_AT]:
            yield from sources_in(one, depth - 1)
    elif isinstance(found, dict) and depth:
        url = next((found[name] for name in ("url", "uri", "link") if found.get(name)), "")
        yield clean_address(url), clean_line(found.get("title") or found.get("name"), LONGEST_NAME)
        for name in ("url_citation", "citations", "search_results", "source", "web", "document", "annotations"):
            if isinstance(found.get(name), dict | list):
                yield from sources_in(found[name], depth - 1)


class Beside:
    """What stands beside the text of an answer: its sources, and the kinds of parts that cannot be shown."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}
        self._kinds: dict[str, None] = {}

    def __bool__(self) -> bool:
        return bool(self._sources or self._kinds)

    @property
    def kinds(self) -> list[str]:
        return list(self._kinds)

    def note(self, kind: str) -> None:
        """Add a kind of part that cannot be shown."""
        self._kinds[kind] = None

    def cite(self, found: Any) -> None:
        """Add sources, each address once, at most ``MAX_SOURCES``; see ``sources_in``."""
        for address, name in sources_in(found):
            if address and (address in self._sources or len(self._sources) < MAX_SOURCES):
                self._sources[address] = self._sources.get(address) or name

    def as_parts(self) -> list[dict[str, str]]:
        """Return them in the form of ``Message.parts``."""
        sources = [{"type": SOURCE, "name": name, "url": url} for url, name in self._sources.items()]
        return sources + [{"type": kind} for kind in self._kinds]
