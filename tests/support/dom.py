"""What a page shows: its messages, from its HTML, its Turbo Streams and the frames of its replies."""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from parley.markdown import render
from tests.fake_provider import expected_text

REASONING = -1
SETTLED = ("done", "stopped", "failed", "interrupted")


class Text(HTMLParser):
    """The textContent of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


@lru_cache(maxsize=4096)
def text_of(html: str) -> str:
    return "".join(Text(html).parts)


@lru_cache(maxsize=256)
def answer_to(question: str) -> str:
    """The text that a page shows when the whole answer to a question is there."""
    return text_of("".join(render(expected_text(question))))


@dataclass
class Shown:
    """One message of a page; `live` while its frames are followed."""

    id: str
    role: str
    status: str
    version: int
    live: bool = False
    html_text: str = ""
    words: str = ""
    actions: frozenset[str] = frozenset()
    position: str = "0"
    blocks: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.html_text if self.position == "0" else "".join(map(text_of, self.blocks))

    @property
    def settled(self) -> bool:
        return self.status in SETTLED


class Articles(HTMLParser):
    """The messages in the HTML of a page or of Turbo Streams, and what its `meta` elements say."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Shown] = []
        self.meta: dict[str, str] = {}
        self.current: Shown | None = None
        self.body = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "meta" and "name" in has:
            self.meta[has["name"]] = has.get("content", "")
        if "data-message" in has:
            self.current = Shown(has["data-message"], has["data-role"], has["data-status"], int(has["data-version"]))
            self.found.append(self.current)
        elif self.current:
            self.take_inner(self.current, tag, has)

    def take_inner(self, message: Shown, tag: str, has: dict[str, str]) -> None:
        if "data-body" in has:
            self.body, message.live = tag, tag == "parley-reply"
        if tag == "form" and (verb := re.search(r"/messages/[^/]+/(\w+)/", has.get("action", ""))):
            message.actions |= {verb[1]}

    def handle_endtag(self, tag: str) -> None:
        if tag == self.body:
            self.body = ""
        if tag == "article":
            self.current = None

    def handle_data(self, data: str) -> None:
        if self.current and self.body:
            self.current.html_text += data
        elif self.current:
            self.current.words += data


class Dom:
    """A page; `mistakes` are the texts it showed that no honest answer begins with."""

    def __init__(self, html: str) -> None:
        articles = Articles(html)
        self.version = int(articles.meta["parley-version"])
        self.conversation = articles.meta["parley-conversation"]
        self.messages = {message.id: message for message in articles.found}
        self.mistakes: list[str] = []
        for message in self.messages.values():
            self.check(message)

    def take_stream(self, version: int, stream: str) -> bool:
        """Apply Turbo Streams: whether the page must be loaded again instead."""
        self.version = version
        for message in Articles(stream).found:
            self.upsert(message)
        return 'action="refresh"' in stream

    def upsert(self, new: Shown) -> None:
        old = self.messages.get(new.id)
        if old and new.version <= old.version:
            return
        if old and old.live and new.live:
            new = replace(
                new, html_text=old.html_text, position=old.position, blocks=old.blocks, reasoning=old.reasoning
            )
        self.messages[new.id] = new
        self.check(new)

    def take_frame(self, reply: str, position: str, payload: list[Any]) -> None:
        shown = self.messages[reply]
        if shown.live and place(position) > place(shown.position):
            shown.position, shown.status = position, "streaming"
            if isinstance(payload[0], dict):
                self.settle(shown, **payload[0])
            elif payload[0] == REASONING:
                shown.reasoning = applied(shown.reasoning, payload[1:])
            else:
                shown.blocks = applied(shown.blocks, payload)
            self.check(shown)

    def settle(self, shown: Shown, version: int, meta: str) -> None:
        self.version = max(self.version, version)
        shown.status, shown.version, shown.live, shown.actions = "done", version, False, frozenset()
        shown.words = text_of(meta)

    def check(self, shown: Shown) -> None:
        question = self.question_of(shown)
        if question.startswith("/say ") and not answer_to(question).startswith(shown.text):
            self.mistakes.append(f"{shown.position}: …{shown.text[-200:]}")

    def question_of(self, reply: Shown) -> str:
        if reply.role == "user":
            return ""
        before = [message for message in self.messages.values() if message.role == "user" and message.id < reply.id]
        return max(before, key=lambda message: message.id).text if before else ""

    @property
    def live(self) -> list[Shown]:
        return [message for message in self.messages.values() if message.live]

    @property
    def reply(self) -> Shown:
        return max((message for message in self.messages.values() if message.role == "assistant"), key=lambda m: m.id)

    @property
    def texts(self) -> dict[str, tuple[str, str]]:
        """Message id → (status, text), in the order of the page."""
        return {message.id: (message.status, message.text) for _, message in sorted(self.messages.items())}


def place(position: str) -> tuple[int, int]:
    attempt, _, sequence = position.partition("-")
    return int(attempt), int(sequence or 0)


def applied(blocks: list[str], payload: list[Any]) -> list[str]:
    """The blocks after a frame, as the page's element applies it."""
    if payload[0] is None:
        return payload[1:]
    if isinstance(payload[0], str):
        payload = [max(0, len(blocks) - 1), 2**31, payload[0]]
    blocks = list(blocks)
    for block, keep, tail in zip(payload[::3], payload[1::3], payload[2::3], strict=True):
        if keep == -1:
            del blocks[block:]
            continue
        assert block <= len(blocks), f"Block {block} of {len(blocks)} blocks."
        blocks += [""] * (block == len(blocks))
        blocks[block] = blocks[block].encode("utf-16-le")[: 2 * keep].decode("utf-16-le") + tail
    return blocks
