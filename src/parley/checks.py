"""Misconfiguration, as Django system checks with a hint."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from .conf import Conf, conf
from .generation.addresses import read


def register_all() -> None:
    register(unknown_settings)
    register(channel_layer)
    register(private_files)
    register(lists_of_models)
    register(address_of_provider)


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


def private_files(**kwargs: object) -> list[CheckMessage]:
    if conf.FILES:
        return []
    return [
        Error(
            "Parley needs a place for exports and imports.",
            hint="Set PARLEY['FILES'] to a folder that no URL serves, or to an entry of STORAGES.",
            id="parley.E003",
        )
    ]


def lists_of_models(**kwargs: object) -> list[CheckMessage]:
    """A text instead of a list would be taken letter by letter, and its ``*`` would allow every model."""
    return [
        Error(
            f"PARLEY['{name}'] is no list of patterns.",
            hint=f"Write PARLEY['{name}'] = [\"gpt-5*\"], see docs/hosting.md.",
            id="parley.E004",
        )
        for name in ("MODELS", "MODELS_HIDDEN")
        if not _is_list_of_texts(getattr(conf, name))
    ]


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)


def address_of_provider(**kwargs: object) -> list[CheckMessage]:
    hint = "Write it as https://host/v1; a query such as ?api-version=… is sent with each request."
    try:
        address = read(conf.BASE_URL)
        known = address.url.startswith(("http://", "https://")) and address.host
    except (ValueError, TypeError, AttributeError):
        known = False
    if not known:
        return [Error("PARLEY['BASE_URL'] is no address of the web.", hint=hint, id="parley.E005")]
    if address.login and conf.API_KEY:
        hint = "A request proves once who asks: take the password out of the address, or leave the key empty."
        return [Error("PARLEY has a password in BASE_URL and an API_KEY.", hint=hint, id="parley.E006")]
    return []
