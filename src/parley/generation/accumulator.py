"""Chunks of a streaming answer → a partial message. Pure.

Text from a provider is bytes from a stranger: NUL, halves of surrogate pairs and carriage returns
are made harmless here, once, where they enter.
"""

from typing import Any

from parley.text import clean

DONE = "[DONE]"


class Text:
    """Text that arrives in pieces, cut anywhere, even inside a surrogate pair."""

    def __init__(self, start: str = "") -> None:
        self._parts = [start] if start else []
        self._held = ""

    def add(self, piece: str) -> None:
        piece, self._held = self._held + piece, ""
        if piece and (piece[-1] == "\r" or "\ud800" <= piece[-1] <= "\udbff"):
            piece, self._held = piece[:-1], piece[-1]
        if piece:
            self._parts.append(clean(piece))

    def close(self) -> None:
        """No more will come: what was held back is as it is."""
        held, self._held = self._held, ""
        if held:
            self._parts.append(clean(held))

    def __str__(self) -> str:
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def __bool__(self) -> bool:
        return bool(self._parts)


class InBandError(Exception):
    """The provider reported an error inside of the stream."""


class Accumulator:
    """The answer so far: text, why it finished, and what it cost."""

    def __init__(self, text: str = "") -> None:
        self.text = Text(text)
        self.finish_reason = ""
        self.usage: dict[str, int] = {}
        self.ended = False

    def add(self, chunk: Any) -> None:
        """Take one chunk in the form of the chat completions API. Raises InBandError."""
        if chunk == DONE:
            self.ended = True
        if self.ended or not isinstance(chunk, dict):
            return
        if chunk.get("error"):
            raise InBandError(str(chunk["error"])[:500])
        if isinstance(chunk.get("usage"), dict):
            self.usage = {key: value for key, value in chunk["usage"].items() if isinstance(value, int)}
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            self._add_choice(choices[0])

    def _add_choice(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta")
        content = delta.get("content") if isinstance(delta, dict) else None
        if isinstance(content, str) and not self.finish_reason:
            self.text.add(content)
        if isinstance(choice.get("finish_reason"), str):
            self.finish_reason = choice["finish_reason"][:40]
