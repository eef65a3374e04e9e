"""Misconfiguration, as Django system checks with a hint."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from .conf import Conf


def register_all() -> None:
    register(unknown_settings)
    register(channel_layer)


def unknown_settings(**kwargs: object) -> list[CheckMessage]:
    known = set(Conf.__annotations__)
    return [
        Error(
            f"PARLEY has a setting that does not exist: {name}.",
            hint=f"Known: {', '.join(sorted(known))}.",
            id="parley.E001",
        )
        for name in getattr(settings, "PARLEY", {})
        if name not in known
    ]


def channel_layer(**kwargs: object) -> list[CheckMessage]:
    backend = getattr(settings, "CHANNEL_LAYERS", {}).get("default", {}).get("BACKEND", "")
    if not backend:
        return [
            Error(
                "Parley needs a channel layer.",
                hint="Set CHANNEL_LAYERS['default'], see docs/hosting.md.",
                id="parley.E002",
            )
        ]
    if backend == "channels.layers.InMemoryChannelLayer":
        return [
            Warning(
                "The in-memory channel layer does not reach other processes.",
                hint="Use channels_redis.pubsub.RedisPubSubChannelLayer.",
                id="parley.W001",
            )
        ]
    return []
