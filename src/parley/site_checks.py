"""Report what Parley needs of the other settings of a site, as Django system checks with a hint."""

import inspect
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from channels.routing import ProtocolTypeRouter, URLRouter
from django.apps import apps
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.handlers.asgi import ASGIHandler
from django.core.management import get_commands
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.shortcuts import resolve_url
from django.template.loader import get_template
from django.urls import NoReverseMatch, Resolver404, ResolverMatch, get_script_prefix, resolve, reverse
from django.utils import translation
from django.utils.module_loading import import_string

from . import celery
from .conf import conf
from .delivery.layer import get_channel_layer
from .provider import host_of

FRONT = "parley:conversation_new"
"""The first page."""
MIDDLEWARE = (SessionMiddleware, AuthenticationMiddleware)
PROCESSORS = ("django.template.context_processors.request", "django.contrib.auth.context_processors.auth")
OURS = "parley.asgi.application"
WITHOUT_SOCKETS = ("django.core", "django.contrib.staticfiles")
"""Apps whose ``runserver`` has no WebSockets."""
LAYERS = {
    "channels.layers.InMemoryChannelLayer": (1, "The in-memory channel layer does not reach other processes."),
    "channels_redis.core.RedisChannelLayer": (8, "RedisChannelLayer loses messages when many come at once."),
}
"""A backend of CHANNEL_LAYERS → the number and the words of the warning."""

Found = Iterator[CheckMessage]


def register_all() -> None:
    for check in (
        urls,
        middleware,
        templates,
        asgi_server,
        celery_app,
        channel_layer,
        database,
        other_databases,
        times,
        login_page,
        key_of_openai,
    ):
        register(_listed(check))
    register(_listed(ready_for_others), deploy=True)


def _listed(check: Any) -> Any:
    def listed(**kwargs: object) -> list[CheckMessage]:
        return list(check())

    return listed


def _error(number: int, words: str, hint: str) -> Error:
    return Error(words, hint=hint, id=f"parley.E{number:03}")


def _warning(number: int, words: str, hint: str) -> Warning:
    return Warning(words, hint=hint, id=f"parley.W{number:03}")


def urls() -> Found:
    try:
        path = reverse(FRONT)
    except NoReverseMatch:
        hint = 'Write path("chat/", include("parley.urls")) into the urlpatterns of ROOT_URLCONF.'
        yield _error(16, "No URL leads to Parley.", hint)
        return
    if "parley" not in _resolved(path, translation.get_language()).app_names:
        yield _error(16, f"Another pattern of yours takes {path}.", 'Put include("parley.urls") before it.')


def templates() -> Found:
    try:
        for name in ("base", "conversation_show"):  # the first may be the site's own
            get_template(f"parley/{name}.html")
    except Exception as error:  # whatever an engine raises
        hint = 'Have TEMPLATES begin with DjangoTemplates and "APP_DIRS": True, and correct your parley/base.html.'
        yield _error(22, f"The templates of Parley cannot be read: {type(error).__name__}: {error}.", hint)


def middleware() -> Found:
    used = [each for each in map(_imported, settings.MIDDLEWARE) if inspect.isclass(each)]
    for wanted in MIDDLEWARE:
        if not any(issubclass(each, wanted) for each in used):
            path = f"{wanted.__module__}.{wanted.__name__}"
            yield _error(17, f"Parley needs {wanted.__name__}.", f'Put "{path}" into MIDDLEWARE.')
    for path in PROCESSORS:
        if path not in _processors():
            hint = f'Put "{path}" into TEMPLATES, under OPTIONS, context_processors.'
            yield _error(17, f"Parley's templates need the context processor {path.rpartition('.')[2]}.", hint)


def _imported(path: str) -> Any:
    """Return what a dotted path leads to, None where that fails, which Django reports itself."""
    try:
        return import_string(path)
    except ImportError:
        return None


def _processors() -> set[str]:
    """Return the context processors of Django's own templates."""
    engines: list[dict[str, Any]] = settings.TEMPLATES
    own = (each for each in engines if each["BACKEND"].endswith(".DjangoTemplates"))
    return {path for engine in own for path in engine.get("OPTIONS", {}).get("context_processors", ())}


def asgi_server() -> Found:
    path = getattr(settings, "ASGI_APPLICATION", None)
    if not path:
        yield _warning(2, "There is no ASGI_APPLICATION, so pages poll.", f'Set ASGI_APPLICATION = "{OURS}".')
    elif settings.DEBUG and _app_of("runserver") in WITHOUT_SOCKETS:
        hint = (
            'Install daphne, and put "daphne" first into INSTALLED_APPS; or silence this and use another ASGI server.'
        )
        yield _warning(2, "This runserver has no WebSockets, so pages poll.", hint)
    elif settings.DEBUG and path != OURS:
        hint = f'Set ASGI_APPLICATION = "{OURS}", or wrap yours by parley.asgi.around.'
        try:
            has_sockets = _has_our_socket(import_string(path))
        except Exception as error:  # whatever the host's module raises
            yield _warning(2, f"ASGI_APPLICATION cannot be imported: {error!r}.", hint)
        else:
            if not has_sockets:
                yield _warning(2, f"{path} has not the WebSocket of Parley, so pages poll.", hint)


def _has_our_socket(application: Any) -> bool:
    """Tell whether an application of Django or Channels has our route; of any other kind it is assumed."""
    if isinstance(application, ProtocolTypeRouter):
        application = application.application_mapping.get("websocket")
    while inner := getattr(application, "inner", None) or getattr(application, "application", None):
        application = inner
    if isinstance(application, URLRouter):
        path = conf.SOCKET_PATH.lstrip("/")
        return any(route.pattern.match(path) for route in application.routes)
    return application is not None and not isinstance(application, ASGIHandler)


def _app_of(command: str) -> str:
    """Return the name of the app whose command of this name is used."""
    app = get_commands()[command]
    return app if isinstance(app, str) else type(app).__module__.partition(".management")[0]


def celery_app() -> Found:
    """Look at the app of the host that is to carry out Parley's tasks; Parley's own is right."""
    if not conf.CELERY_APP:
        return
    try:
        app = celery.current()
        options: Any = app.conf if isinstance(app, Celery) else None
        found = options and list(_options(options))
    except Exception as error:  # whatever the host's module raises
        yield _error(18, f"PARLEY['CELERY_APP'] cannot be read: {error!r}.", "Correct it, or leave it out.")
        return
    if found is None:
        hint = 'Write a path such as "project.celery.app", or leave it out: Parley has an app of its own.'
        yield _error(18, "PARLEY['CELERY_APP'] leads to no Celery app.", hint)
    yield from found or ()


def _options(options: Any) -> Found:
    if not options.broker_url:
        words = "The app of PARLEY['CELERY_APP'] has no broker, so Celery looks for RabbitMQ at amqp://localhost."
        yield _warning(3, words, "Set CELERY_BROKER_URL, and config_from_object with the namespace CELERY.")
    if options.worker_pool != "threads":
        words = f"Workers of PARLEY['CELERY_APP'] have the pool {options.worker_pool}: each writes few replies at once."
        yield _warning(4, words, 'Set CELERY_WORKER_POOL = "threads", or app.add_defaults(parley.celery.OPTIONS).')
    if options.task_acks_late:
        words = "PARLEY['CELERY_APP'] acknowledges tasks late, so long answers are sent to a second worker."
        yield _warning(5, words, "Set acks_late on the tasks that need it, and not for the whole app.")


def channel_layer() -> Found:
    try:
        get_channel_layer()
    except Exception as error:  # whatever a layer raises
        hint = "Correct CHANNEL_LAYERS, or leave it out: Parley makes a layer from PARLEY['REDIS_URL']."
        yield _error(23, f"The channel layer cannot be made: {error}.", hint)
        return
    layers = getattr(settings, "CHANNEL_LAYERS", {})
    backend = (layers.get("parley") or layers.get("default") or {}).get("BACKEND", "")
    if backend in LAYERS:
        hint = "Set CHANNEL_LAYERS['parley'] with the backend channels_redis.pubsub.RedisPubSubChannelLayer."
        hint += " Or leave CHANNEL_LAYERS out."
        yield _warning(*LAYERS[backend], hint)


def database() -> Found:
    entry = connections[apps.get_model("parley", "Conversation").objects.db].settings_dict
    options = entry["OPTIONS"]
    if entry["ENGINE"].endswith("sqlite3") and not _suits_several_processes(options):
        words = "SQLite is not set for several processes that write: the database will be locked at times."
        hint = 'Set OPTIONS with "transaction_mode": "IMMEDIATE" and "init_command": "PRAGMA journal_mode=WAL".'
        yield _warning(6, words, hint)
    if entry["CONN_MAX_AGE"] != 0 and not options.get("pool"):
        words = "CONN_MAX_AGE keeps a connection for each thread, of which an ASGI server has many."
        yield _warning(12, words, 'Set it to 0; with PostgreSQL, "OPTIONS": {"pool": True} keeps some for all threads.')


def other_databases() -> Found:
    """Refuse a router that sends rows elsewhere: also a copy for reading, which is behind what was just written."""
    model = apps.get_model("parley", "Conversation")
    if {router.db_for_read(model), router.db_for_write(model)} != {DEFAULT_DB_ALIAS}:
        words = "DATABASE_ROUTERS lead Parley to another database than DATABASES['default']."
        yield _error(21, words, "Have your router return None, or 'default', for the app label parley.")


def times() -> Found:
    if not settings.USE_TZ:
        yield _error(20, "USE_TZ is off, and Parley's times have a zone.", "Set USE_TZ = True.")


def _suits_several_processes(options: dict[str, Any]) -> bool:
    command = str(options.get("init_command", "")).replace(" ", "").lower()
    return str(options.get("transaction_mode", "")).upper() == "IMMEDIATE" and "journal_mode=wal" in command


def login_page() -> Found:
    try:
        address = urlsplit(resolve_url(settings.LOGIN_URL))
        known = bool(address.netloc) or _is_page(address.path)
    except (NoReverseMatch, TypeError):  # TypeError: for None
        known = False
    if not known:
        words = f"LOGIN_URL leads to no page: {settings.LOGIN_URL}."
        yield _warning(7, words, 'Name your sign-in page, or "admin:login", which is that of the admin.')


def _is_page(path: str) -> bool:
    """Return whether a path is a page in some language; urls know nothing of the path below which the site stands."""
    below = f"/{path.removeprefix(get_script_prefix()).lstrip('/')}"
    return any(_resolves(below, language) for language, _ in settings.LANGUAGES)


def _resolves(path: str, language: str | None) -> bool:
    try:
        _resolved(path, language)
    except Resolver404:
        return False
    return True


def _resolved(path: str, language: str | None) -> ResolverMatch:
    """Return what answers at an address of this site in a language. Raises Resolver404."""
    below = get_script_prefix()
    with translation.override(language):
        return resolve("/" + path.removeprefix(below) if path.startswith(below) else path)


def key_of_openai() -> Found:
    if host_of(conf.BASE_URL) == "api.openai.com" and not conf.API_KEY:
        words = "OpenAI answers nobody without a key, and PARLEY['API_KEY'] is empty."
        yield _warning(9, words, "Set it, or set BASE_URL to the address of another provider.")


def ready_for_others() -> Found:
    if settings.DEBUG and not conf.FILES:
        yield _warning(10, "PARLEY['FILES'] is only named by DEBUG.", "Set it to a folder that no URL serves.")
    for origin in _unencrypted(settings.CSRF_TRUSTED_ORIGINS):
        words = f"CSRF_TRUSTED_ORIGINS trusts {origin}, which anybody on the way can change."
        yield _warning(10, words, "Serve the site by https, and name it so.")


def _unencrypted(origins: Iterable[str]) -> list[str]:
    return [origin for origin in origins if origin.startswith("http://")]
