"""A provider as a value: who is asked, where, and how. Pure."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from .text import clean_line, without_secrets

LONGEST_ERROR, LONGEST_DETAIL, LONGEST_LOGGED = 2000, 300, 500
SHORTEST_SECRET = 8


@dataclass(frozen=True)
class Provider:
    """Made at the edge and handed down; no repr shows its key. Equal ones share connections and learned dialects.

    ``headers``, ``extra_body``: sent with every request; ``wire``: a name of generation.wires; ``models``: patterns of
    what may be asked beside ``model``, the default; ``hidden``: patterns, in lower case, of listed models that nobody
    chats with; ``window``: tokens; times in seconds; ``called``: what people call a setting, with ``{}`` for its name.
    """

    base_url: str = field(repr=False)
    key: str = field(default="", repr=False)
    name: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    extra_body: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    wire: str = "chat_completions"
    model: str = ""
    title_model: str = ""
    models: tuple[str, ...] = ("*",)
    hidden: tuple[str, ...] = ()
    window: int = 32_000
    connect_timeout: float = 10
    idle_timeout: float = 60
    answer_timeout: float = 3600
    called: str = "{}"

    def allows(self, model: str) -> bool:
        """Return whether a model may be asked; the default always may.

        >>> Provider("", model="base", models=("chat-*",)).allows("chat-1")
        True
        """
        return model == self.model or any(fnmatchcase(model, pattern) for pattern in self.models)

    def detail(self, words: str) -> str:
        """Return what it said as one line of at most 300 characters without keys, for the person who asked.

        >>> Provider("", key="secret-key").detail("Bad key:\\n secret-key")
        'Bad key: ***'
        """
        return without_secrets(self._without_key(clean_line(words, LONGEST_ERROR)))[:LONGEST_DETAIL]

    def redacted(self, words: object) -> str:
        """Return what it said as one printable line of at most 500 characters without keys, for the log."""
        text = self._without_key(words if isinstance(words, str) else repr(words))
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in without_secrets(text[:LONGEST_LOGGED]))

    def _without_key(self, words: str) -> str:
        """Mask its secrets; a short one, such as the key "x" of a local server, only where it stands alone."""
        for secret in filter(None, (self.key, *(value for _, value in self.headers))):
            alone = rf"(?<!\w){re.escape(secret)}(?!\w)"
            words = re.sub(alone, "***", words) if len(secret) < SHORTEST_SECRET else words.replace(secret, "***")
        return words


def host_of(base_url: str) -> str:
    """Return the host of an address, with its port, without user and password; "" for what is no address.

    >>> host_of("https://me:secret@api.example:8080/v1")
    'api.example:8080'
    """
    with suppress(ValueError, TypeError):
        return urlsplit(base_url).netloc.rpartition("@")[2]
    return ""
