"""Text from a provider, which arrives in pieces. Pure.

It comes from a stranger: NUL, halves of surrogate pairs and carriage returns are made harmless here, once, where they
enter; and it ends, however long the provider goes on.
"""

from parley.text import clean

LONGEST_TEXT = 1_000_000
"""Characters; four times what the largest models can write at once."""


class Text:
    """Text that arrives in pieces, cut anywhere, even inside a surrogate pair; what exceeds LONGEST_TEXT is dropped.

    ``size``: its characters; ``taken_back``: whether some of it was reasoning, and was cut.

    >>> text = Text("Two ")
    >>> text.add("lines\\r"), text.add("\\nof it")
    (None, None)
    >>> str(text), text.size
    ('Two lines\\nof it', 15)
    """

    def __init__(self, start: str = "") -> None:
        self._parts = [start] if start else []
        self._held = ""
        self.size = len(start)
        self.taken_back = False

    @property
    def full(self) -> bool:
        """Whether more arrived than is kept."""
        return self.size > LONGEST_TEXT

    def add(self, piece: str) -> None:
        """Append a piece, cleaned; hold back its last character where it may be half of something."""
        if self._held:
            piece, self._held = self._held + piece, ""
        if piece and (piece[-1] == "\r" or "\ud800" <= piece[-1] <= "\udbff"):
            piece, self._held = piece[:-1], piece[-1]
        if piece:
            piece = clean(piece)
            self._parts.append(piece)
            self.size += len(piece)
            if self.size > LONGEST_TEXT:
                self._cut_off()

    def close(self) -> None:
        """Append what was held back: the stream is over."""
        held, self._held = self._held, ""
        if held:
            self.add(clean(held))

    def tail(self, length: int) -> str:
        """Return at least the last ``length`` characters, or all."""
        first = len(self._parts)
        while first and length > 0:
            first -= 1
            length -= len(self._parts[first])
        return "".join(self._parts[first:])

    def since(self, start: int) -> str:
        """Return what came after the first ``start`` characters."""
        return str(self)[start:]

    def cut(self, start: int) -> None:
        """Drop what came after the first ``start`` characters."""
        self._parts = [str(self)[:start]] if start else []
        self.size, self.taken_back = start, True

    def _cut_off(self) -> None:
        last, more = self._parts.pop(), self.size - LONGEST_TEXT
        self._parts.append(last[: max(0, len(last) - more)])
        self.size = LONGEST_TEXT + 1

    def __str__(self) -> str:
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def __bool__(self) -> bool:
        return bool(self._parts)
