"""A choice of a model, as one string: a plain name, or a connection's slug and a name. Pure."""

import re

PERSONAL = "p-"
"""How the slugs of people's own connections begin."""
_OF_CONNECTION = re.compile(r"([a-z0-9-]{1,40})::(.+)", re.DOTALL)


def split(choice: str) -> tuple[str, str]:
    """Return (slug of a connection, name of a model); the slug is "" for the provider of the settings.

    >>> split("gateway::llama3:8b"), split("llama3:8b")
    (('gateway', 'llama3:8b'), ('', 'llama3:8b'))
    """
    found = _OF_CONNECTION.fullmatch(choice)
    return (found[1], found[2]) if found else ("", choice)


def joined(slug: str, name: str) -> str:
    """Return the choice of a model of a connection; "" where no model is named.

    >>> joined("gateway", "gpt-5"), joined("", "gpt-5"), joined("gateway", "")
    ('gateway::gpt-5', 'gpt-5', '')
    """
    return f"{slug}::{name}" if slug and name else name


def is_personal(slug: str) -> bool:
    """Return whether a slug is that of a connection of a person's own; none of the site begins so.

    >>> is_personal("p-846abfdf5c40"), is_personal("gateway"), is_personal("")
    (True, False, False)
    """
    return slug.startswith(PERSONAL)


def name_of(choice: str) -> str:
    """Return the name of the chosen model.

    >>> name_of("gateway::gpt-5")
    'gpt-5'
    """
    return split(choice)[1]
