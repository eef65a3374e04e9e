"""Report misconfiguration as Django system checks with a hint."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from .conf import Conf, conf
from .generation.addresses import read
from .search import index


def register_all() -> None:
    register(unknown_settings)
    register(channel_layer)
    register(private_files)
    register(lists_of_models)
    register(address_of_provider)
    register(database)


def _error(number: int, words: str, hint: str) -> Error:
    return Error(words, hint=hint, id=f"parley.E{number:03}")


def unknown_settings(**kwargs: object) -> list[CheckMessage]:
    known = set(Conf.__annotations__)
    unknown = [name for name in getattr(settings, "PARLEY", {}) if name not in known]
    hint = f"Known: {', '.join(sorted(known))}."
    return [_error(1, f"PARLEY has a setting that does not exist: {name}.", hint) for name in unknown]


def channel_layer(**kwargs: object) -> list[CheckMessage]:
    backend = getattr(settings, "CHANNEL_LAYERS", {}).get("default", {}).get("BACKEND", "")
    if not backend:
        return [_error(2, "Parley needs a channel layer.", "Set CHANNEL_LAYERS['default'], see docs/hosting.md.")]
    if backend == "channels.layers.InMemoryChannelLayer":
        hint = "Use channels_redis.pubsub.RedisPubSubChannelLayer."
        return [Warning("The in-memory channel layer does not reach other processes.", hint=hint, id="parley.W001")]
    return []


def private_files(**kwargs: object) -> list[CheckMessage]:
    hint = "Set PARLEY['FILES'] to a folder that no URL serves, or to an entry of STORAGES."
    return [] if conf.FILES else [_error(3, "Parley needs a place for exports and imports.", hint)]


def lists_of_models(**kwargs: object) -> list[CheckMessage]:
    """Refuse a text instead of a list: it would be read letter by letter, and its ``*`` would allow every model."""
    wrong = [name for name in ("MODELS", "MODELS_HIDDEN") if not _is_list_of_texts(getattr(conf, name))]
    hint = "Write PARLEY['{}'] = [\"gpt-5*\"], see docs/hosting.md."
    return [_error(4, f"PARLEY['{name}'] is no list of patterns.", hint.format(name)) for name in wrong]


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
        return [_error(5, "PARLEY['BASE_URL'] is no address of the web.", hint)]
    if address.login and conf.API_KEY:
        hint = "A request proves once who asks: take the password out of the address, or leave the key empty."
        return [_error(6, "PARLEY has a password in BASE_URL and an API_KEY.", hint)]
    return []


def database(**kwargs: object) -> list[CheckMessage]:
    return [] if index.is_possible() else [_error(7, index.NEEDED, "Choose another ENGINE for Parley's database.")]
