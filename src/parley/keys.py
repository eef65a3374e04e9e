"""Names in Redis."""

from uuid import UUID

from .conf import conf


def log(reply_id: UUID | str) -> str:
    """The stream that holds the log of a reply."""
    return f"{conf.KEY_PREFIX}:log:{reply_id}"


def stops() -> str:
    """The channel on which workers hear that somebody stopped a reply."""
    return f"{conf.KEY_PREFIX}:stops"


def models(provider: str) -> str:
    """The models that a provider said it has."""
    return f"{conf.KEY_PREFIX}:models:{provider}"


def wake(hub_id: str) -> str:
    """The stream that ends a hub's wait."""
    return f"{conf.KEY_PREFIX}:wake:{hub_id}"


def feed_group(owner_id: int | str) -> str:
    """The channel-layer group of those who watch a person's feed."""
    return f"{conf.KEY_PREFIX}.feed.{owner_id}"
