"""A provider as a value: who is asked, where, and how. Pure."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .text import clean_line, without_secrets

LONGEST_ERROR, LONGEST_DETAIL, LONGEST_LOGGED = 2000, 300, 500
SHORTEST_SECRET = 8
OF_SECRET = re.compile("key|token|secret|sig|pass|auth|code", re.IGNORECASE)
"""Names whose values are secret, in queries and in JSON."""


@dataclass(frozen=True)
class Provider:
    """Made at the edge and handed down; no repr shows its key. Equal ones share connections and learned dialects.

    ``headers``, ``extra_body``: sent with every request; ``wire``: a name of generation.wires; ``models``: patterns of
    what may be asked beside ``model``, the default; ``slug``: of its connection, "" for that of the settings;
    ``public_only``: it is asked at public addresses only; ``hidden``: patterns, in lower case, of listed models that
    nobody chats with; ``window``: tokens; ``window_listed``: what it tells of a model counts instead; times in seconds;
    ``called``: what people call a setting, with ``{}`` for its name. ``pictures``, ``no_pictures``: patterns of models
    that take pictures, whatever their provider tells, and of those that take none, which count more.
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
    slug: str = ""
    public_only: bool = False
    window_listed: bool = False
    pictures: tuple[str, ...] = ()
    no_pictures: tuple[str, ...] = ()

    def allows(self, model: str) -> bool:
        """Return whether a model may be asked; the default always may.

        >>> Provider("", model="base", models=("chat-*",)).allows("chat-1")
        True
        """
        return model == self.model or any(fnmatchcase(model, pattern) for pattern in self.models)

    def pictures_of(self, model: str) -> bool | None:
        """Return whether a model takes pictures, as the site says; None where it says nothing.

        >>> site = Provider("", pictures=("*-vl",), no_pictures=("small-*",))
        >>> site.pictures_of("Big-VL"), site.pictures_of("small-vl"), site.pictures_of("other")
        (True, False, None)
        """
        known, named = ((False, self.no_pictures), (True, self.pictures)), model.casefold()
        said = (takes for takes, patterns in known for each in patterns if fnmatchcase(named, each.casefold()))
        return next(said, None)

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
        """Mask its secrets; a short one, such as the key "x" of a local server, only where it stands alone.

        Words may have been cut off within a long key, whose beginning is masked as well.
        """
        for secret in self._secrets:
            alone = rf"(?<!\w){re.escape(secret)}(?!\w)"
            words = re.sub(alone, "***", words) if len(secret) < SHORTEST_SECRET else words.replace(secret, "***")
            cut = next((n for n in range(len(secret) - 1, SHORTEST_SECRET - 1, -1) if words.endswith(secret[:n])), 0)
            words = f"{words[:-cut]}***" if cut else words
        return words

    @property
    def _secrets(self) -> list[str]:
        """Return its key, what its headers have, also a token after a word as Bearer, and what is secret elsewhere."""
        values = [value for _, value in self.headers]
        tokens = [word for value in values for word in value.split() if len(word) >= SHORTEST_SECRET]
        elsewhere = (*secrets_in(self.base_url), *secrets_of(self.extra_body))
        return [secret for secret in (self.key, *values, *tokens, *elsewhere) if secret]


def secrets_in(base_url: str) -> list[str]:
    """Return the values in the query of an address that are secret by their names.

    >>> secrets_in("https://api.example/v1?key=AIza-of-google&api-version=2026-10-21")
    ['AIza-of-google']
    """
    with suppress(ValueError):
        query = parse_qsl(urlsplit(base_url).query)
        return [value for name, value in query if OF_SECRET.search(name) and len(value) >= SHORTEST_SECRET]
    return []


def secrets_of(body: Any) -> list[str]:
    """Return the texts in JSON that are secret by their names.

    >>> secrets_of({"max_tokens": 9, "auth": ["user", "long-word"], "tool": {"api_key": "sk-of-a-tool"}})
    ['long-word', 'sk-of-a-tool']
    """
    found: list[str] = []

    def note(secret: str) -> str:
        found.append(secret)
        return secret

    with_secrets(body, note)
    return found


def with_secrets(body: Any, change: Callable[[str], str], name: str = "") -> Any:
    """Return JSON in which ``change`` was applied to each text that is secret by its name."""
    if isinstance(body, Mapping):
        return {key: with_secrets(value, change, key) for key, value in body.items()}
    if isinstance(body, list):
        return [with_secrets(value, change, name) for value in body]
    is_secret = isinstance(body, str) and len(body) >= SHORTEST_SECRET and OF_SECRET.search(name)
    return change(body) if is_secret else body


def host_of(base_url: str) -> str:
    """Return the host of an address, with its port, without user and password; "" for what is no address.

    >>> host_of("https://me:secret@api.example:8080/v1")
    'api.example:8080'
    """
    with suppress(ValueError, TypeError):
        return urlsplit(base_url).netloc.rpartition("@")[2]
    return ""
