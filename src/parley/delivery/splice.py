"""Changes from old blocks to new text as small payloads, and their application. Pure.

A payload is a JSON array that changes the list of a reply's blocks in wire form (see ``markdown.wire``):
``[null, html, …]``  these are all blocks now;
``["tail"]``  the last block is longer by this;
``[block, keep, "tail", …]``  block number ``block`` is its first ``keep`` UTF-16 units and the tail;
``keep`` −1 drops the block and all after it.
A payload that begins with −1 changes the blocks of the reasoning.
"""

from collections.abc import Callable, Iterable

from parley import markdown
from parley.markdown import Parsed
from parley.markdown.healing import healed

Payload = list[int | str | None]

REASONING = -1


def parse_unfinished(text: str) -> Parsed:
    """Parse Markdown that is cut off anywhere into the blocks to show for now.

    >>> parse_unfinished("Some **bold").opened
    ['<p>Some <strong>bold</strong></p>']
    """
    shown = healed(text)
    parsed = markdown.parse_open(shown)
    if text.startswith(shown[: parsed.offset]):
        return parsed
    return Parsed([], [*parsed.finished, *parsed.opened], 0)


class Splicer:
    """Follow one growing text and return what changed in its HTML; a text that became another is parsed anew.

    >>> splicer = Splicer()
    >>> splicer.advance("Some"), splicer.advance("Some words")
    ([0, 0, '<p>Some'], [' words'])
    """

    def __init__(self, parse: Callable[[str], Parsed] = parse_unfinished) -> None:
        self._parse = parse
        self.blocks: list[str] = []
        self._finished = 0
        self._offset = 0
        self._text = ""

    def advance(self, text: str) -> Payload:
        """Return the payload that makes the blocks so far into those of ``text``; it is empty when nothing changed."""
        if not text.startswith(self._text):
            self._finished = self._offset = 0
        self._text = text
        parsed = self._parse(text[self._offset :])
        new = [markdown.wire(html) for html in (*parsed.finished, *parsed.opened)]
        payload = changes(self.blocks[self._finished :], new, self._finished)
        self.blocks[self._finished :] = new
        self._finished += len(parsed.finished)
        self._offset += parsed.offset
        return payload

    def finish(self, html: Iterable[str]) -> Payload:
        """Return the payload that makes the blocks so far into these of the whole text, which may be highlighted."""
        before, self.blocks = self.blocks, [*map(markdown.wire, html)]
        return changes(before, self.blocks)

    def whole(self) -> Payload:
        """Return the payload of all blocks, which depends on none before it."""
        return [None, *self.blocks]


def changes(old: list[str], new: list[str], first: int = 0) -> Payload:
    """Return the payload that makes the blocks ``old`` into ``new``, both counted from block ``first``.

    >>> changes(["<p>One"], ["<p>One", "<p>Two"])
    [1, 0, '<p>Two']
    """
    payload: Payload = []
    for index, html in enumerate(new):
        before = old[index] if index < len(old) else ""
        if html != before or index >= len(old):
            keep = _common(before, html)
            payload += [first + index, _utf16_length(html[:keep]), html[keep:]]
    if len(new) < len(old):
        return [*payload, first + len(new), -1, ""]
    return _shortened(payload, old, first)


def _shortened(payload: Payload, old: list[str], first: int) -> Payload:
    if len(payload) == 3 and old and payload[0] == first + len(old) - 1 and payload[1] == _utf16_length(old[-1]):
        return [payload[2]]
    return payload


def fold(payloads: Iterable[Payload], blocks: list[str] | None = None) -> list[str]:
    """Return the blocks after these payloads; whatever they hold, nothing is raised.

    >>> fold([[None, "<p>One"], [", two"], [0, 5, "ly"]])
    ['<p>Only']
    """
    blocks = list(blocks or [])
    for payload in payloads:
        blocks = _apply(blocks, payload)
    return blocks


def fold_both(payloads: Iterable[Payload]) -> tuple[list[str], list[str]]:
    """Return (blocks of the answer, blocks of the reasoning) after these payloads."""
    answer: list[Payload] = []
    reasoning: list[Payload] = []
    for payload in payloads:
        if payload[:1] == [REASONING]:
            reasoning.append(payload[1:])
        else:
            answer.append(payload)
    return fold(answer), fold(reasoning)


def is_whole(payload: Payload) -> bool:
    """Tell whether a payload depends on none before it; a log that does not begin so has lost its beginning."""
    return payload[:1] == [None]


def _apply(blocks: list[str], payload: Payload) -> list[str]:
    match payload:
        case [None, *wholes]:
            return [str(html) for html in wholes]
        case [str(more)]:
            return [*blocks[:-1], "".join(blocks[-1:]) + more]
    for block, keep, tail in zip(payload[::3], payload[1::3], payload[2::3], strict=False):
        if isinstance(block, int) and isinstance(keep, int):
            blocks = _spliced(blocks, max(0, block), keep, str(tail))
    return blocks


def _spliced(blocks: list[str], block: int, keep: int, tail: str) -> list[str]:
    changed = [] if keep < 0 else [_kept(blocks, block, keep) + tail, *blocks[block + 1 :]]
    return blocks[:block] + changed


def _kept(blocks: list[str], block: int, keep: int) -> str:
    html = blocks[block] if block < len(blocks) else ""
    return html[:keep] if html.isascii() else html.encode("utf-16-le")[: 2 * keep].decode("utf-16-le", "ignore")


def _common(old: str, new: str) -> int:
    """Return the length of the common prefix, by bisection: slices are compared at the speed of memory."""
    if new.startswith(old):
        return len(old)
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if old[low:middle] == new[low:middle] else (low, middle - 1)
    return low


def _utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
