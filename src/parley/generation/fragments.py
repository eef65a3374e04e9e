"""Reads deltas that hold more than a plain string, in the shapes of many vendors. Pure."""

from collections.abc import Iterator
from typing import Any

from parley.text import clean_address, clean_line

TEXT, THOUGHT, SOURCE = "text", "thought", "citation"
LONGEST_NAME = 200
DEEPEST = 5
MOST_SOURCES = 50
MOST_LOOKED_AT = 1000

REASONING = ("reasoning_content", "reasoning", "reasoning_details", "reasoning_text", "thinking", "thinking_blocks")
"""Fields with reasoning, which is often sent twice: the first that has any has it all."""
SAID_IN = (
    "text", "thinking", "reasoning", "refusal", "content", "summary", "transcript", "output_text", "value", "parts",
)  # fmt: skip
THOUGHTS = ("thinking", "thought", "reasoning", "summary")
SILENT = ("redacted", "encrypted", "signature", "reference", "citation")
"""Kinds that are no text for people to read."""
UNSHOWN = {"image": "image", "audio": "audio", "video": "file", "file": "file", "document": "file", "tool": "tool_call",
           "function": "tool_call"}  # fmt: skip
"""Kinds of parley.parts, by what a vendor's kind or name begins with, or has in it."""
SOURCES = ("annotations", "citations", "context", "search_results", "references")
BESIDE_TEXT = ("images", "image", "image_url", "audio", "video", "files", "file", "tool_calls", "function_call")

Fragment = tuple[str, str]
"""(TEXT, THOUGHT or a kind of parley.parts; the text)"""


def fragments_of(content: Any, *, thought: bool = False, depth: int = DEEPEST) -> Iterator[Fragment]:
    """Yield the fragments of a content: a text, a part, or a list of parts (OpenAI, Mistral, Anthropic, Databricks).

    >>> list(fragments_of([{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hi"}, {"image": "…"}]))
    [('thought', 'Hm.'), ('text', 'Hi'), ('image', '')]
    """
    if isinstance(content, str):
        if content:
            yield THOUGHT if thought else TEXT, content
    elif isinstance(content, list) and depth:
        for part in content[:MOST_LOOKED_AT]:
            yield from fragments_of(part, thought=thought, depth=depth - 1)
    elif isinstance(content, dict) and depth:
        yield from _fragments_of_part(content, thought, depth)


def _fragments_of_part(part: dict[str, Any], thought: bool, depth: int) -> Iterator[Fragment]:
    kind = part["type"] if isinstance(part.get("type"), str) else ""
    thought = thought or part.get("thought") is True or kind.startswith(THOUGHTS)
    said = False
    for name in SAID_IN:
        for fragment in fragments_of(part.get(name), thought=thought, depth=depth - 1):
            said = True
            yield fragment
        if said:
            return
    if unshown := unshown_kind(kind) or next(filter(None, map(unshown_kind, part)), ""):
        yield unshown, ""
    elif kind and not kind.endswith("text") and not any(word in kind for word in (*SILENT, *THOUGHTS)):
        yield "data", ""


def unshown_kind(name: str) -> str:
    """Return the kind of parley.parts that a vendor's kind or field is about, or ""."""
    return next((kind for word, kind in UNSHOWN.items() if word in name), "")


def thoughts_in(delta: dict[str, Any]) -> str:
    """Return the reasoning of a delta, or "".

    >>> thoughts_in({"reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]})
    'Hm.'
    """
    for name in REASONING:
        value = delta.get(name)
        if type(value) is str and value:
            return value
        if value and (said := "".join(text for _, text in fragments_of(value, thought=True))):
            return said
    return ""


def words_in(delta: dict[str, Any]) -> Iterator[Fragment]:
    """Yield the text of a delta, and what it has that cannot be shown, in order.

    >>> list(words_in({"content": "Hi", "tool_calls": [{"id": "1"}]}))
    [('text', 'Hi'), ('tool_call', '')]
    """
    for name in ("content", "text", "refusal"):
        yield from fragments_of(delta.get(name))
    for name in BESIDE_TEXT:
        value = delta.get(name)
        if name == "audio" and isinstance(value, dict):
            yield from fragments_of(value.get("transcript"))
        if value and (name != "function_call" or any(value.values() if isinstance(value, dict) else ())):
            yield unshown_kind(name), ""


def sources_in(said: Any, depth: int = DEEPEST) -> Iterator[tuple[str, str]]:
    """Yield (web address or "", title) of an annotation, a citation, a search result, or of each in a list of them.

    >>> list(sources_in(["https://a.example", {"url": "https://b.example", "title": "B"}]))
    [('https://a.example', ''), ('https://b.example', 'B')]
    """
    if isinstance(said, str):
        yield clean_address(said), ""
    elif isinstance(said, list) and depth:
        for one in said[:MOST_LOOKED_AT]:
            yield from sources_in(one, depth - 1)
    elif isinstance(said, dict) and depth:
        url = next((said[name] for name in ("url", "uri", "link") if said.get(name)), "")
        yield clean_address(url), clean_line(said.get("title") or said.get("name"), LONGEST_NAME)
        for name in ("url_citation", "citations", "search_results", "source", "web", "document", "annotations"):
            if isinstance(said.get(name), dict | list):
                yield from sources_in(said[name], depth - 1)


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

    def cite(self, said: Any) -> None:
        """Add sources, each address once, at most ``MOST_SOURCES``; see ``sources_in``."""
        for address, name in sources_in(said):
            if address and (address in self._sources or len(self._sources) < MOST_SOURCES):
                self._sources[address] = self._sources.get(address) or name

    def as_parts(self) -> list[dict[str, str]]:
        """Return them in the form of ``Message.parts``."""
        sources = [{"type": SOURCE, "name": name, "url": url} for url, name in self._sources.items()]
        return sources + [{"type": kind} for kind in self._kinds]
