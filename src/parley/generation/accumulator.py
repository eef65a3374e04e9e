"""Chunks of a streaming answer → a partial message. Pure.

Text from a provider is bytes from a stranger: NUL, halves of surrogate pairs and carriage returns
are made harmless here, once, where they enter.
"""

from typing import Any

from parley.text import clean, clean_usage

from .finish_reasons import FinishReason
from .seam import Seam
from .stream_errors import InBandError, error_in, sentence_of

DONE = "[DONE]"
REASONING = ("reasoning_content", "reasoning")


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


class Thoughts:
    """Tells the ``<think>`` block at the beginning of an answer from the answer itself."""

    OPEN, CLOSE = "<think>", "</think>"

    def __init__(self, reasoning: Text, answer: Text) -> None:
        self._reasoning, self._answer = reasoning, answer
        self._held, self._place = "", "before"

    def add(self, piece: str) -> None:
        piece, self._held = self._held + piece, ""
        if self._place == "before":
            piece = self._begin(piece)
        if self._place == "inside":
            piece = self._think(piece)
        if self._place == "after":
            self._answer.add(piece)

    def close(self) -> None:
        held, self._held = self._held, ""
        (self._reasoning if self._place == "inside" else self._answer).add(held)

    def _begin(self, piece: str) -> str:
        begun = piece.lstrip()
        if begun.startswith(self.OPEN):
            self._place = "inside"
            return begun[len(self.OPEN) :].lstrip("\n")
        if self.OPEN.startswith(begun):
            self._held = piece
        else:
            self._place = "after"
        return piece

    def _think(self, piece: str) -> str:
        thought, found, answer = piece.partition(self.CLOSE)
        if found:
            self._reasoning.add(thought.rstrip("\n"))
            self._place = "after"
            return answer.lstrip("\n")
        held = next((n for n in range(len(self.CLOSE) - 1, 0, -1) if piece.endswith(self.CLOSE[:n])), 0)
        self._held = piece[len(piece) - held :]
        self._reasoning.add(piece[: len(piece) - held])
        return ""


class Accumulator:
    """The answer so far: text, what was thought before it, why it finished, and what it cost."""

    def __init__(self, text: str = "") -> None:
        self.text, self.reasoning = Text(text), Text()
        thoughts = Thoughts(self.reasoning, self.text)
        self._thoughts = Seam(text, thoughts) if text else thoughts
        self.reason = FinishReason()
        self.usage: dict[str, int] = {}
        self.ended = False

    @property
    def finish_reason(self) -> str:
        return self.reason.word

    @property
    def whole(self) -> bool:
        """Whether the stream ended as one does that has said everything."""
        return not self.reason.bad and (self.ended or self.reason.good)

    def add(self, chunk: Any) -> None:
        """Take one chunk in the form of the chat completions API. Raises InBandError, after what came with it."""
        if chunk == DONE:
            self.ended = True
        if self.ended or not isinstance(chunk, dict):
            return
        if isinstance(chunk.get("usage"), dict):
            self.usage = clean_usage(chunk["usage"])
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            self._add_choice(choices[0])
            if chunk.get("error"):
                raise InBandError(sentence_of(chunk["error"]))
        elif (sentence := error_in(chunk)) is not None:
            raise InBandError(sentence)

    def close(self) -> None:
        """The stream is over: what was held back is as it is."""
        self._thoughts.close()
        self.text.close()
        self.reasoning.close()

    def _add_choice(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta")
        says = isinstance(delta, dict) and self._add_delta(delta)
        reason = choice.get("finish_reason")
        if says and self.reason.word:
            self.reason.answer_goes_on()
        if reason is not None:
            self.reason.add(reason, alone=not says)
        if choice.get("error"):
            raise InBandError(sentence_of(choice["error"]))

    def _add_delta(self, delta: dict[str, Any]) -> bool:
        """Whether it has more of the answer."""
        thought = next((said for name in REASONING if isinstance(said := delta.get(name), str) and said), "")
        if thought:
            self.reasoning.add(thought)
        content = delta.get("content")
        if isinstance(content, str) and content:
            self._thoughts.add(content)
            return True
        return bool(thought)
