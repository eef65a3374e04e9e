"""What a tab may say to its socket, and how it is told the frames of a reply. Pure; described in docs/protocol.md."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from parley.positions import LAST, Position, parse_position

LONGEST_MESSAGE = 2_000


@dataclass(frozen=True)
class Open:
    """The tab shows this conversation (or none), as of this version of the feed.

    ``tab``: what it calls itself in the forms that it sends from now on, or "".
    """

    conversation: UUID | None
    version: int
    tab: str = ""


@dataclass(frozen=True)
class Follow:
    """Send what the log of this reply holds after the position, under this handle."""

    reply: UUID
    handle: int
    position: Position


@dataclass(frozen=True)
class Unfollow:
    handle: int


@dataclass(frozen=True)
class Ping:
    pass


Said = Open | Follow | Unfollow | Ping


def parse(text: str | None) -> Said | None:
    """None for whatever is not a message of the protocol."""
    try:
        message = orjson.loads(text) if text and len(text) <= LONGEST_MESSAGE else {}
        return PARSERS[message["do"]](message)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _open(message: dict[str, Any]) -> Open:
    conversation, version = message["conversation"], int(message["version"])
    if not 0 <= version <= LAST:
        raise ValueError(version)
    return Open(UUID(conversation) if conversation else None, version, tab_of(message.get("tab")))


def tab_of(name: object) -> str:
    """What a tab calls itself: at most 32 ASCII letters and digits; "" for anything else."""
    return name if isinstance(name, str) and len(name) <= 32 and name.isascii() and name.isalnum() else ""


def _follow(message: dict[str, Any]) -> Follow:
    return Follow(UUID(message["reply"]), int(message["as"]), parse_position(message["from"]))


def _unfollow(message: dict[str, Any]) -> Unfollow:
    return Unfollow(int(message["as"]))


def _ping(message: dict[str, Any]) -> Ping:
    return Ping()


PARSERS: dict[str, Callable[[dict[str, Any]], Said]] = {
    "open": _open,
    "follow": _follow,
    "unfollow": _unfollow,
    "ping": _ping,
}


class Frames:
    """The frames that a tab is sent of one log; the attempt is said where it is another than in the frame before."""

    def __init__(self, handle: int, *, begun: bool = True) -> None:
        """``begun``: whether the tab has what the first frame may depend on."""
        self._handle, self._attempt, self._begun = handle, "", begun

    def begins(self, payload: bytes) -> bool:
        """Whether the tab can make something of this payload: it has the beginning, or this is the whole."""
        self._begun = self._begun or payload.startswith(b"[null")
        return self._begun

    def text(self, position: str, payload: bytes) -> str:
        """``payload``: a JSON array that is not empty."""
        attempt, _, seq = position.partition("-")
        place = seq if attempt == self._attempt else f'"{position}"'
        self._attempt = attempt
        return f"[{self._handle},{place},{payload.decode()[1:]}"
