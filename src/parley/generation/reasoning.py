"""Parts the reasoning that a model writes in tags at the beginning of its answer from the answer. Pure."""

import re
from collections.abc import Iterable

from .streamed_text import Text

TAGS = {
    **{f"<{name}>": f"</{name}>" for name in ("think", "thinking", "thought", "reasoning", "seed:think")},
    "[THINK]": "[/THINK]", "◁think▷": "◁/think▷", "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|channel>thought": "<channel|>",
}  # fmt: skip
"""Of DeepSeek and Qwen, Gemini's compatible endpoint, Magistral, Seed, Kimi, Gemma and others."""
HARMONY = ("<|channel|>", "<|start|>")
"""Of gpt-oss, where a server does not read its channels: ``<|channel|>analysis<|message|>…<|end|>``."""
OPENERS = (*TAGS, *HARMONY)

_CLOSER = re.compile("|".join(map(re.escape, ("</think>", "</thinking>", "</thought>", "[/THINK]"))))
LONGEST_CLOSER = 11
_ANY_TAG = re.compile("|".join(map(re.escape, (*TAGS, *TAGS.values()))))
_FENCE = re.compile(r"^ {0,3}(```|~~~)", re.MULTILINE)
_CLOSES_PROSE = re.compile(r"[^\s`\"'“”‘’«»(\[{<|/\\=]\Z|\n\Z|\A\Z")
"""Stands before a closing tag that ends what a template had opened, and not before one that is mentioned."""


class ReasoningSplitter:
    """Passes what is added on to one of two texts; holds back only what may still become a tag."""

    def __init__(self, reasoning: Text, answer: Text) -> None:
        self._reasoning, self._answer = reasoning, answer
        self._start = answer.size
        self._channels = Channels(reasoning, answer)
        self._held, self._closer = "", ""
        self._take = self._begin
        begun = str(answer)
        self._talk = begun if _ANY_TAG.search(begun) else ""
        self._line = self._talk or last_line(begun)
        self._in_reasoning, self._writes, self._may_close = False, is_in_code(self._talk), True

    def add(self, piece: str) -> None:
        """Take the next piece of the stream, cut anywhere."""
        if self._writes:
            self._answer.add(piece)
            if self._may_close and (">" in piece or "]" in piece):
                self._look_for_closer(len(piece) + LONGEST_CLOSER)
            return
        if self._held:
            piece, self._held = self._held + piece, ""
        self._take(piece)

    def close(self) -> None:
        """Pass on what was held back: the stream is over."""
        held, self._held = self._held, ""
        if held:
            (self._reasoning if self._closer else self._answer).add(held)
        self._channels.close()

    def _begin(self, piece: str) -> None:
        begun = piece.lstrip()
        if self._reasoning:  # the server itself parts reasoning from answers
            self._writes = True
            self.add(piece)
        elif begun.startswith(HARMONY):
            self._take = self._channels.add
            self._take(begun)
        elif opener := next(filter(begun.startswith, TAGS), ""):
            self._closer, self._take = TAGS[opener], self._add_reasoning
            self._take(begun[len(opener) :])
        elif any(opener.startswith(begun) for opener in OPENERS):
            self._held = piece
        else:
            self._writes = True
            self.add(piece)

    def _add_reasoning(self, piece: str) -> None:
        """Take reasoning, without the line breaks after the opening tag and before the closing one."""
        piece = piece if self._in_reasoning else piece.lstrip("\n")
        thinking, found, answer = piece.partition(self._closer)
        if not found:
            thinking, self._held = _parted(piece, [self._closer])
            self._held = thinking[len(thinking.rstrip("\n")) :] + self._held
        thinking = thinking.rstrip("\n")
        self._in_reasoning = self._in_reasoning or bool(thinking)
        self._reasoning.add(thinking)
        if found:
            self._answer_begins(answer)

    def _answer_begins(self, piece: str) -> None:
        self._closer, self._take = "", self._answer_begins
        self._writes, self._may_close = bool(begun := piece.lstrip("\n")), False
        self._answer.add(begun)

    def _look_for_closer(self, length: int) -> None:
        """Take text before a first closing tag as reasoning: several templates open the tag in the prompt."""
        if _CLOSER.search(self._answer.tail(length)) is None:
            return
        words = self._answer.since(self._start)
        closer = _CLOSER.search(words)
        self._may_close = closer is None
        if closer and not self._reasoning and not self._is_talk(words[: closer.start()], closer[0]):
            self._answer.cut(self._start)
            self._reasoning.add(words[: closer.start()].strip("\n"))
            self._answer_begins(words[closer.end() :])

    def _is_talk(self, before: str, closer: str) -> bool:
        return is_in_code(self._line + before) or is_talk(self._talk + before, closer)


def is_talk(before: str, closer: str) -> bool:
    """Return whether a closing tag after this text is only mentioned: in code, in a sentence, or after its opening tag.

    >>> is_talk("It ends with `", "</think>"), is_talk("So it is 42.\\n", "</think>")
    (True, False)
    """
    return is_in_code(before) or not _CLOSES_PROSE.search(before) or _is_opened(before, closer.replace("/", ""))


def is_in_code(before: str) -> bool:
    """Return whether what follows this text is in a fence, or between backticks.

    >>> is_in_code("```python\\nx = 1"), is_in_code("`x` is 1")
    (True, False)
    """
    return len(_FENCE.findall(before)) % 2 == 1 or last_line(before).count("`") % 2 == 1


def last_line(text: str) -> str:
    """Return what stands after the last line break."""
    return text[text.rfind("\n") + 1 :]


def _is_opened(before: str, opener: str) -> bool:
    """Return whether the tag was opened on the same line, or where a line begins."""
    unclosed = _CLOSER.split(before)[-1]
    begins = re.compile(rf"^[^\w\n]*{re.escape(opener)}", re.MULTILINE)
    return opener in last_line(unclosed) or begins.search(unclosed) is not None


class Channels:
    """Reads the channels of harmony; ``final`` is the answer and goes on to the end, whatever tags it mentions."""

    MESSAGE, ENDS = "<|message|>", ("<|end|>", "<|return|>", "<|call|>")
    LONGEST_HEADER = 300
    _CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)")
    _END = re.compile(r"<\|(?:end|return|call|start|channel)\|>")
    _NOTHING = re.compile(r"(?:<\|\w*\|?>?|assistant|\s)*")

    def __init__(self, reasoning: Text, answer: Text) -> None:
        self._reasoning, self._answer = reasoning, answer
        self._held = ""
        self._target: Text | None = None

    def add(self, piece: str) -> None:
        """Take the next piece of the stream, cut anywhere."""
        piece, self._held = self._held + piece, ""
        while piece:
            piece = self._read_header(piece) if self._target is None else self._read_message(self._target, piece)

    def close(self) -> None:
        """Pass on what was held back, unless it is only marks."""
        held, self._held = self._held, ""
        if not self._NOTHING.fullmatch(held):
            (self._answer if self._target is None else self._target).add(held)

    def _read_header(self, piece: str) -> str:
        header, found, message = piece.partition(self.MESSAGE)
        if found:
            channel = self._CHANNEL.search(header)
            final = channel is None or channel[1] == "final"
            self._target = self._answer if final else self._reasoning
            if self._reasoning and not final:
                self._reasoning.add("\n\n")
        elif len(piece) > self.LONGEST_HEADER:
            self._target, message = self._answer, piece
        else:
            self._held = piece
        return message

    def _read_message(self, target: Text, piece: str) -> str:
        end = self._END.search(piece) if target is self._reasoning else None
        if end is None:
            message, self._held = _parted(piece, (*self.ENDS, *HARMONY))
            target.add(message)
            return ""
        target.add(piece[: end.start()])
        self._target = None
        return piece[end.start() if end[0] in HARMONY else end.end() :]


def _parted(piece: str, marks: Iterable[str]) -> tuple[str, str]:
    """Return (the certain part of a piece, its end that is or may become a mark)."""
    held = max((n for mark in marks for n in range(1, len(mark) + 1) if piece.endswith(mark[:n])), default=0)
    return piece[: len(piece) - held], piece[len(piece) - held :]
