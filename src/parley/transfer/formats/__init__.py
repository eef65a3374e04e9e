"""Readers of export formats: each recognises its own, and converts it to a document. Pure."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

from parley.values import mapping

from . import chatgpt, librechat, open_webui, parley

FORMATS: tuple[ModuleType, ...] = (parley, chatgpt, librechat, open_webui)
WRAPPERS = ("conversations", "chats", "data")


def recognise(value: Any) -> ModuleType | None:
    """Find the reader of a value.

    >>> recognise({"mapping": {}}).NAME, recognise({"mapping": []})
    ('chatgpt', None)
    """
    return next((format_ for format_ in FORMATS if format_.recognises(value)), None)


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
