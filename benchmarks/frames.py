"""Follow what a viewer has seen of an answer, from the frames that the product sends."""

from bisect import bisect_right
from typing import Any

from parley import markdown

Place = tuple[int, int]
"""(number of blocks, length of the last one in wire form)."""


class Answer:
    """An answer that is known beforehand: where in its blocks each token ends."""

    def __init__(self, pieces: list[str]) -> None:
        self.text = "".join(pieces)
        self.html = "".join(markdown.render(self.text))
        self.blocks = [markdown.wire(block) for block in markdown.render(self.text)]
        self.ends = self._ends(pieces)

    def _ends(self, pieces: list[str]) -> list[Place]:
        block, end, ends = 0, 0, []
        for piece in pieces:
            if piece.startswith("\n\n"):
                block, end = block + 1, 0
            end += len(piece.lstrip("\n"))
            ends.append((block + 1, end + len("<p>")))
        assert ends[-1] == (len(self.blocks), len(self.blocks[-1]))
        return ends

    def tokens_in(self, blocks: list[str]) -> int:
        """How many tokens these blocks show whole."""
        return bisect_right(self.ends, (len(blocks), len(blocks[-1]) if blocks else 0))

    def begins_with(self, blocks: list[str]) -> bool:
        *before, last = blocks or [""]
        rest = self.blocks[len(before) :]
        return before == self.blocks[: len(before)] and bool(rest) and rest[0].startswith(last)


def applied(blocks: list[str], payload: list[Any]) -> list[str]:
    """Return the blocks after a frame. Lengths are in characters: all text of the benchmark is ASCII."""
    if payload[0] is None:
        return payload[1:]
    if len(payload) == 1:
        blocks[-1] += payload[0]
        return blocks
    for block, keep, tail in zip(payload[::3], payload[1::3], payload[2::3], strict=True):
        if keep < 0:
            del blocks[block:]
        else:
            blocks[block : block + 1] = [(blocks[block] if block < len(blocks) else "")[:keep] + tail]
    return blocks
