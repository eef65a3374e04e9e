"""Closing the sockets of people who may not have them any more; ``close_sockets`` is for hosts."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model, user_logged_out
from django.contrib.sessions.backends.signed_cookies import SessionStore as SessionInCookie
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from .notify import tell
from .rights import digest_of

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
