"""Sessions in the database: the store of Django, whose query for each request is compiled once."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone

from parley.models.compiled import Compiled, Slot


def _valid() -> models.QuerySet[Any]:
    key, expires = Session._meta.get_field("session_key"), Session._meta.get_field("expire_date")
    return Session.objects.filter(session_key=Slot("key", key), expire_date__gt=Slot("now", expires))


_VALID = Compiled(_valid)


class SessionStore(db.SessionStore):
    """Reads and writes the rows of Django's own store, so that either signs in who was signed in by the other."""

    def _get_session_from_db(self) -> Any:
        session = _VALID.first(Session, key=self.session_key, now=timezone.now())
        if session is None:
            self._session_key = None
        return session
