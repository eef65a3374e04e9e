"""Which sockets are opened (of pages of this site, in a language it has), and the closing of a person's."""

from importlib import import_module
from io import BytesIO
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model, user_logged_out
from django.contrib.sessions.backends.signed_cookies import SessionStore as SessionInCookie
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.http import is_same_domain
from django.utils.translation import get_language, get_supported_language_variant

from parley.conf import conf

from .notify import tell
from .rights import digest_of

tab_opened, tab_closed = Signal(), Signal()
"""Sent in the event loop when somebody's tab has opened its socket, and when it is done."""
DEFAULT_PORTS = {"http": 80, "https": 443}


def same_origin(scope: dict[str, Any]) -> bool:
    """Tell whether a socket comes from a page of this very site, by Django's rule for forms.

    Scheme, host and port are those of the page, and the host is one of ALLOWED_HOSTS; or the origin is one of
    CSRF_TRUSTED_ORIGINS. A browser always sends Origin.
    """
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        page = urlsplit(headers.get(b"origin", ""))
        return _is_trusted(page) or _place(page) == _place(urlsplit(_address_of(scope)))
    except (DisallowedHost, LookupError, ValueError):
        return False


def _address_of(scope: dict[str, Any]) -> str:
    """Return "scheme://host" of the site as a browser sees it; some proxies say wss where the settings expect https."""
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    headers = [(name, b"https" if value.lower() == b"wss" else value) for name, value in scope["headers"]]
    page = {**scope, "headers": headers, "method": "GET", "scheme": scheme, "query_string": b""}
    request = ASGIRequest(page, BytesIO())
    return f"{request.scheme}://{request.get_host()}"


def _place(address: SplitResult) -> tuple[str, str | None, int]:
    return address.scheme, address.hostname, address.port or DEFAULT_PORTS[address.scheme]


def _is_trusted(page: SplitResult) -> bool:
    trusted = [urlsplit(origin) for origin in settings.CSRF_TRUSTED_ORIGINS]
    return any(page.scheme == each.scheme and is_same_domain(page.netloc, each.netloc.lstrip("*")) for each in trusted)


def socket_address() -> str:
    """Return the address of the socket of a page that is being rendered, with the language of that page.

    It is below the path at which Django is mounted, whether SOCKET_PATH says so or not.
    """
    below = get_script_prefix().rstrip("/")
    path = conf.SOCKET_PATH if conf.SOCKET_PATH.startswith(f"{below}/") else below + conf.SOCKET_PATH
    return f"{path}?{urlencode({'language': get_language() or settings.LANGUAGE_CODE})}"


def language_of(scope: dict[str, Any]) -> str:
    """Return the language that a socket's address asks for, or the site's own where the site does not have it."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("language", [""])[-1]
    try:
        return get_supported_language_variant(asked)
    except LookupError:
        return settings.LANGUAGE_CODE


UNDISTURBED = {"last_login"}
"""Fields of a person that every sign-in saves."""


def close_sockets(user: Any) -> None:
    """Close all sockets of this person after the commit, in every process, through the channel layer.

    Their pages load again, and are what the host then lets the person see.
    """
    _tell_on_commit(user.pk, {"type": "sockets.close"})


def connect() -> None:
    """Check or close the sockets of a person whenever Django changes what they may."""
    people = get_user_model()
    post_save.connect(_person_saved, sender=people, dispatch_uid="parley.person_saved")
    post_delete.connect(_person_deleted, sender=people, dispatch_uid="parley.person_deleted")
    if sessions := _session_rows():
        post_delete.connect(_session_deleted, sender=sessions, dispatch_uid="parley.session_deleted")
    else:
        user_logged_out.connect(_signed_out, dispatch_uid="parley.signed_out")


def _session_rows() -> type[Model] | None:
    """Return the model of the sessions, where they are rows: every way of signing out ends in deleting one."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    try:
        return store.get_model_class() if hasattr(store, "get_model_class") else None
    except RuntimeError:
        return None  # A site without sessions has no app for their rows.


def _person_saved(instance: Any, created: bool = False, update_fields: Any = None, **kwargs: object) -> None:
    if not created and (update_fields is None or set(update_fields) - UNDISTURBED):
        _tell_on_commit(instance.pk, {"type": "rights.changed"})


def _person_deleted(instance: Any, **kwargs: object) -> None:
    _tell_on_commit(instance.pk, {"type": "rights.changed"})


def _session_deleted(instance: Any, **kwargs: object) -> None:
    """Close nothing for a session that has expired: there may be very many of these at once."""
    if instance.expire_date > timezone.now() and (owner_id := instance.get_decoded().get(SESSION_KEY)):
        _session_ended(owner_id, instance.session_key)


def _signed_out(request: Any = None, user: Any = None, **kwargs: object) -> None:
    """Close all sockets where a session is its own cookie: its key changes with each saving, and old ones stay good."""
    session = getattr(request, "session", None)
    if user is not None and isinstance(session, SessionInCookie):
        close_sockets(user)
    elif user is not None and session is not None and session.session_key:
        _session_ended(user.pk, session.session_key)


def _session_ended(owner_id: Any, session_key: str) -> None:
    _tell_on_commit(owner_id, {"type": "sockets.close", "session": digest_of(session_key)})


def _tell_on_commit(owner_id: Any, notification: dict[str, Any]) -> None:
    transaction.on_commit(lambda: tell(owner_id, notification), robust=True)
