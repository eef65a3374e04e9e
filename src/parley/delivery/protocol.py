"""The messages that a tab sends, and the frames of a reply that it is sent: see docs/protocol.md. Pure."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from parley.positions import LAST, Position, parse_position

LONGEST_MESSAGE = 2_000


@dataclass(frozen=True)
class Open:
    """The tab shows this conversation, or None, as of this version of the feed.

    ``tab``: its name in the forms that it sends from now on, or "".
    """

    conversation: UUID | None
    version: int
    tab: str = ""


@dataclass(frozen=True)
class Follow:
    """Send the log of this reply after the position, under this handle. ``ends``: it can settle replies by itself."""

    reply: UUID
    handle: int
    position: Position
    ends: bool = False


@dataclass(frozen=True)
class Unfollow:
    """Send no more of the log with this handle."""

    handle: int


@dataclass(frozen=True)
class Ping:
    """Send a sign of life."""


ClientFrame = Open | Follow | Unfollow | Ping


def parse(text: str | None) -> ClientFrame | None:
    """Return the message, or None for whatever is not one of the protocol.

    >>> parse('{"do": "open", "conversation": null, "version": 7, "tab": "a1"}')
    Open(conversation=None, version=7, tab='a1')
    >>> parse('{"do": "open"}')
    """
    try:
        return _message(orjson.loads(text)) if text and len(text) <= LONGEST_MESSAGE else None
    except (TypeError, ValueError, AttributeError):
        return None


def _message(words: Any) -> ClientFrame | None:
    match words:
        case {"do": "open", "conversation": conversation, "version": version} if 0 <= int(version) <= LAST:
            return Open(UUID(conversation) if conversation else None, int(version), tab_of(words.get("tab")))
        case {"do": "follow", "reply": reply, "as": handle, "from": position}:
            return Follow(UUID(reply), int(handle), parse_position(position), words.get("ends") is True)
        case {"do": "unfollow", "as": handle}:
            return Unfollow(int(handle))
        case {"do": "ping"}:
            return Ping()
    return None


def tab_of(name: object) -> str:
    """Return the name of a tab: 1 to 32 ASCII letters and digits; "" for anything else.

    >>> tab_of("a1"), tab_of("a b"), tab_of(7)
    ('a1', '', '')
    """
    return name if isinstance(name, str) and len(name) <= 32 and name.isascii() and name.isalnum() else ""


class Frames:
    """Make the frames of one log for one tab; a frame has the attempt where it differs from that of the one before.

    >>> frames = Frames(1)
    >>> frames.text("2-7", b'["more"]'), frames.text("2-8", b'[0,3,"tail"]')
    ('[1,"2-7","more"]', '[1,8,0,3,"tail"]')
    """

    def __init__(self, handle: int, *, begun: bool = True, after: Position = (0, 0), ends: bool = True) -> None:
        """``begun``: whether the tab has the text that the first frame may depend on, up to the position ``after``.

        ``ends``: whether it can be sent the end.
        """
        self._handle, self._attempt, self._begun, self._ends = handle, "", begun, ends
        self._last, self._whole = after, begun

    def begins(self, payload: bytes) -> bool:
        """Tell whether the tab can apply this payload: it has the beginning, or this is the whole."""
        self._begun = self._begun or payload.startswith(b"[null")
        return self._begun

    def can_end(self, position: str) -> bool:
        """Tell whether the tab can be sent the end at this position: it has all of the log before it."""
        return self._ends and self._has_all_before(position)

    def text(self, position: str, payload: bytes) -> str:
        """Return the frame of an entry; ``payload`` is a JSON array that is not empty."""
        attempt, _, seq = position.partition("-")
        place = seq if attempt == self._attempt else f'"{position}"'
        self._whole = payload.startswith(b"[null") or self._has_all_before(position)
        self._attempt, self._last = attempt, (int(attempt), int(seq))
        return f"[{self._handle},{place},{payload.decode()[1:]}"

    def _has_all_before(self, position: str) -> bool:
        attempt, seq = self._last
        return self._whole and parse_position(position) == (attempt, seq + 1)
