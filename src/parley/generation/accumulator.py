"""Chunks of a streaming answer → a partial message. Pure."""

from typing import Any

from parley.text import clean_usage

from .choices import Choices
from .finish_reasons import FinishReason
from .fragments import SOURCES, TEXT, Beside, reasoning_in, words_in
from .reasoning import ReasoningSplitter
from .seam import Seam
from .stream_errors import InBandError, error_in
from .streamed_text import Text
from .usage import Billed, billed

DONE = "[DONE]"
REASONS = ("finish_reason", "finishReason", "stop_reason", "done_reason")
COMPLETION = "chat.completion"
PLAIN = frozenset(("role", "content", "reasoning_content", "reasoning"))


class Stray(str):
    """Text that a provider sent between its events, or in place of them."""


class Accumulator:
    """The answer so far: text, reasoning, finish reason, usage, and what stands ``beside`` the text.

    ``strange``: whether anything arrived that is no known part of an answer; ``stray``: its text.
    """

    def __init__(self, text: str = "") -> None:
        self.text, self.reasoning = Text(text), Text()
        self._begun, self._whole_message = self.text.size, None
        splitter = ReasoningSplitter(self.reasoning, self.text)
        self._reasoning_splitter = Seam(text, splitter) if text else splitter
        self.reason, self.beside = FinishReason(), Beside()
        self.ended, self.strange, self.stray = False, False, ""
        self._usage: Any = None
        self._cited: list[Any] = []
        self._choices = Choices()
        self._deltas = self._complete = self._spoke = False

    @property
    def finish_reason(self) -> str:
        return self.reason.word

    @property
    def usage(self) -> dict[str, int]:
        return clean_usage(self._usage)

    @property
    def billed(self) -> Billed:
        return billed(self._usage)

    @property
    def too_long(self) -> bool:
        """Whether more arrived than is kept."""
        return self.text.full or self.reasoning.full

    @property
    def whole(self) -> bool:
        """Whether the stream ended the way complete answers end."""
        return not self.reason.bad and (self.ended or self.reason.good or (self._complete and not self._deltas))

    def add(self, chunk: Any) -> None:
        """Add one decoded chunk of the chat completions API. Raises InBandError, after the rest of the chunk is added.

        >>> answer = Accumulator()
        >>> answer.add({"choices": [{"delta": {"content": "<think>Hm.</think>Hi"}, "finish_reason": "end_turn"}]})
        >>> str(answer.reasoning), str(answer.text), answer.finish_reason
        ('Hm.', 'Hi', 'stop')
        """
        if self.ended:
            return
        if type(chunk) is dict:
            delta = _plain_delta(chunk, self._choices.index)
            if delta is None or self.reason.word:
                self._add_chunk(chunk)
            else:
                self._deltas = True
                self._add_delta(delta)
        elif isinstance(chunk, Stray):
            self.stray, self.strange = str(chunk), True
        elif isinstance(chunk, list):
            for one in chunk:
                if type(one) is dict:
                    self._add_chunk(one)
        elif chunk == DONE:
            self.ended = True
        else:
            self.strange = self.strange or bool(chunk)

    def close(self) -> None:
        """Add what was held back: the stream is over."""
        for choice in self._choices.close():
            self._add_choice(choice, {})
        self._reasoning_splitter.close()
        self._say_whole_message()
        self.text.close()
        self.reasoning.close()

    def _say_whole_message(self) -> None:
        """Add the message that came beside deltas which were all empty."""
        message, self._whole_message = self._whole_message, None
        if isinstance(message, dict) and self.text.size == self._begun and not self.reasoning:
            self._add_delta(message)
            self._reasoning_splitter.close()

    def _add_chunk(self, chunk: dict[str, Any]) -> None:
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        choices = chunk.get("choices")
        if type(choices) is dict:
            choices = [*choices.values()] if all(type(one) is dict for one in choices.values()) else [choices]
        if type(choices) is list and choices:
            for choice in self._choices.take(choices, self._spoke):
                self._add_choice(choice, chunk)
        elif isinstance(chunk.get("message"), dict) or isinstance(chunk.get("delta"), dict):
            self._add_choice(chunk, chunk)
        elif not choices and (error := error_in(chunk)):
            raise error
        elif "choices" not in chunk and chunk.get("type") != "ping":
            self.strange = True
        if "citations" in chunk or "search_results" in chunk:
            self._cite([chunk.get("citations"), chunk.get("search_results")])
        if error := _error_beside(chunk):
            raise error

    def _cite(self, cited: list[Any]) -> None:
        """Note citations once: Perplexity repeats them with every chunk."""
        if cited != self._cited:
            self._cited = cited
            self.beside.cite(cited)

    def _add_choice(self, choice: dict[str, Any], chunk: dict[str, Any]) -> None:
        delta = choice.get("delta")
        if type(delta) is dict and delta:
            self._deltas = True
            has_text = self._add_delta(delta)
            self._whole_message = choice.get("message") or self._whole_message
        else:
            has_text = self._add_in_place_of_delta(choice, chunk)
        reason = choice.get("finish_reason")
        if has_text and self.reason.word:
            self.reason.answer_goes_on()
        if reason is None:
            fields = {**delta, **choice} if type(delta) is dict else choice
            reason = next((fields[name] for name in REASONS if fields.get(name)), None)
        if reason is not None:
            self.reason.add(reason, alone=not (has_text or _error_beside(choice) or _error_beside(chunk)))
        if error := _error_beside(choice):
            raise error

    def _add_delta(self, delta: dict[str, Any]) -> bool:
        """Add a delta; return whether it has more of the answer."""
        content = delta.get("content")
        if type(content) is not str or len(delta) > 1:
            return self._add_odd_delta(delta)
        if content:
            self._spoke = True
            self._reasoning_splitter.add(content)
        return bool(content)

    def _add_odd_delta(self, delta: dict[str, Any]) -> bool:
        content = delta.get("content")
        plain = (content is None or type(content) is str) and delta.keys() <= PLAIN
        if new_reasoning := reasoning_in(delta):
            self.reasoning.add(new_reasoning)
        if plain and content:
            self._spoke = True
            self._reasoning_splitter.add(content)
        return bool(new_reasoning or content) if plain else self._add_fragments(delta) or bool(new_reasoning)

    def _add_fragments(self, delta: dict[str, Any]) -> bool:
        has_text = False
        for kind, text in words_in(delta):
            has_text = True
            if kind == TEXT:
                self._spoke = True
                self._reasoning_splitter.add(text)
            elif text:
                self.reasoning.add(text)
            else:
                self.beside.note(kind)
        for name in SOURCES:
            if delta.get(name):
                self.beside.cite(delta[name])
        return has_text

    def _add_in_place_of_delta(self, choice: dict[str, Any], chunk: dict[str, Any]) -> bool:
        """Add a whole answer, or a gateway's ``message`` or ``text``; beside deltas these only repeat."""
        message, text = choice.get("message"), choice.get("text") or choice.get("delta") or choice.get("content")
        if self._deltas or not (message or text):
            self._whole_message = message or self._whole_message
            return False
        self._complete = chunk.get("object") == COMPLETION and not (self.text or self.reasoning)
        return self._add_delta(message if type(message) is dict else {"content": text})


def _error_beside(body: dict[str, Any]) -> InBandError | None:
    return error_in(body) if body.get("error") else None


def _plain_delta(chunk: dict[str, Any], index: Any) -> dict[str, Any] | None:
    """Return the delta of a chunk that has nothing else in it, as nearly all do; None for any other."""
    choices = chunk.get("choices")
    if type(choices) is not list or len(choices) != 1 or type(choice := choices[0]) is not dict:
        return None
    if chunk.get("usage") or chunk.get("error") or "citations" in chunk or "search_results" in chunk:
        return None
    if choice.get("finish_reason") or choice.get("index") != index or choice.get("error") or choice.get("message"):
        return None
    delta = choice.get("delta")
    return delta if type(delta) is dict and delta else None
