"""Readers of export formats: each recognises its own, and converts it to a document. Pure."""

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from parley.values import mapping

from . import chatgpt, chatgpt_content, librechat, open_webui, parley

FORMATS: tuple[ModuleType, ...] = (parley, chatgpt, librechat, open_webui)
WRAPPERS = ("conversations", "chats", "data")
_FILE = re.compile(r"files/[0-9a-f-]{36}-")


def recognise(value: Any) -> ModuleType | None:
    """Find the reader of a value.

    >>> recognise({"mapping": {}}).NAME, recognise({"mapping": []})
    ('chatgpt', None)
    """
    return next((format_ for format_ in FORMATS if format_.recognises(value)), None)


def asset_of(member: str) -> str:
    """Return what documents call a member of their archive that is a file of a question; "" for any other member.

    >>> asset_of("conversations.json"), asset_of("file-4Umt1yHoGKicdmLWzFJ9sC.dat")
    ('', 'file-4Umt1yHoGKicdmLWzFJ9sC')
    """
    return member if _FILE.match(member) else chatgpt_content.asset_in(member)


def unwrap(value: Any) -> Iterator[Any]:
    """Yield the conversations of an object that only holds a list of them; any other value itself.

    >>> list(unwrap({"chats": [1, 2]})), list(unwrap([3]))
    ([1, 2], [[3]])
    """
    lists = [found for found in map(mapping(value).get, WRAPPERS) if isinstance(found, list)]
    if lists and not recognise(value):
        yield from lists[0]
    else:
        yield value
