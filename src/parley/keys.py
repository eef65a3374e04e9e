"""Names of what is kept in Redis."""

from uuid import UUID

from .conf import conf


def log(reply_id: UUID | str) -> str:
    """Name the stream that holds the log of a reply."""
    return f"{conf.KEY_PREFIX}:log:{reply_id}"


def stops() -> str:
    """Name the channel on which workers learn that a reply was stopped."""
    return f"{conf.KEY_PREFIX}:stops"


def models(provider: str) -> str:
    """Name the list of models that a provider has."""
    return f"{conf.KEY_PREFIX}:models:{provider}"


def wake(hub_id: str) -> str:
    """Name the stream that wakes a waiting hub."""
    return f"{conf.KEY_PREFIX}:wake:{hub_id}"


def feed_group(owner_id: int | str) -> str:
    """Name the channel-layer group of the pages that watch a person's feed."""
    return f"{conf.KEY_PREFIX}.feed.{owner_id}"
