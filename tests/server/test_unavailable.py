"""A database that does not answer is 503 and a word, not an error."""

import errno
import sqlite3

import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError
from django.test import Client

from parley.models import Conversation
from parley_server.handler import ThreadedHandler
from parley_server.refusals import Refused
from parley_server.unavailable import is_unavailable

PAGE = {"Accept": "text/html", "Accept-Language": "en"}


def caused(error, cause):
    error.__cause__ = cause
    return error


def sqlite_error(name):
    error = sqlite3.OperationalError("of SQLite")
    error.sqlite_errorname = name
    return caused(OperationalError(str(error)), error)


@pytest.mark.parametrize(
    "error",
    [
        sqlite_error("SQLITE_BUSY"),
        sqlite_error("SQLITE_BUSY_SNAPSHOT"),
        sqlite_error("SQLITE_IOERR_WRITE"),
        InterfaceError("connection already closed"),
        OSError(errno.ENOSPC, "No space left on device"),
        caused(OperationalError(), psycopg.OperationalError("connection refused")),
        caused(OperationalError(), psycopg.errors.LockNotAvailable()),
        caused(OperationalError(), psycopg.errors.AdminShutdown()),
        caused(OperationalError(), psycopg.errors.DeadlockDetected()),
        caused(InternalError(), psycopg.errors.ReadOnlySqlTransaction()),
        caused(InternalError(), psycopg.errors.IdleInTransactionSessionTimeout()),
    ],
    ids=lambda error: repr(error.__cause__ or error),
)
def test_what_may_pass(error):
    assert is_unavailable(error)


@pytest.mark.parametrize(
    "error",
    [
        sqlite_error("SQLITE_ERROR"),
        caused(InternalError(), psycopg.errors.InFailedSqlTransaction()),
        InternalError(),
        ProgrammingError("no such column"),
        ValueError(),
        OSError(),
    ],
    ids=repr,
)
def test_what_stays_wrong(error):
    assert not is_unavailable(error)


@pytest.fixture
def away(monkeypatch):
    """A function that makes a method of a class fail as it does while SQLite is locked."""

    def fail(*args, **kwargs):
        raise sqlite_error("SQLITE_BUSY")

    return lambda owner, name: monkeypatch.setattr(owner, name, fail)


@pytest.fixture
def person(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("person"))
    client.raise_request_exception = False
    return client


@pytest.mark.django_db
def test_a_page_says_what_to_do(person, away):
    away(Conversation.objects.__class__, "visible_to")
    response = person.get("/", headers=PAGE)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "try again in a few seconds" in response.text.lower()
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_who_reads_no_pages_gets_a_sentence_in_their_language(person, away):
    away(Conversation.objects.__class__, "visible_to")
    response = person.get("/", headers={"Accept-Language": "de"})
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text.count("\n") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["load", "save"])
def test_a_session_that_cannot_be_read_or_written(away, method, django_user_model):
    django_user_model.objects.create_user("person", password="long-Enough-77")
    client = Client(raise_request_exception=False)
    assert client.post("/accounts/login/", {"username": "person", "password": "long-Enough-77"}).status_code == 302
    away(SessionStore, method)
    response = client.post("/accounts/logout/", headers=PAGE) if method == "save" else client.get("/", headers=PAGE)
    assert response.status_code in ((503,) if method == "load" else (302, 503))


@pytest.mark.django_db
def test_other_errors_stay_errors(person, monkeypatch):
    monkeypatch.setattr(Conversation.objects.__class__, "visible_to", lambda *args: 1 / 0)
    assert person.get("/", headers=PAGE).status_code == 500


async def test_a_body_that_a_full_disk_does_not_take(monkeypatch):
    def on_full_disk(*args, **kwargs):
        return open("/dev/full", "wb")

    async def receive():
        return {"type": "http.request", "body": b"x" * 20_000, "more_body": True}

    monkeypatch.setattr("parley_server.handler.tempfile.SpooledTemporaryFile", on_full_disk)
    with pytest.raises(Refused) as refused:
        await ThreadedHandler().read_body(receive)
    assert refused.value.status == 503
