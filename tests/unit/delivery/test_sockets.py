"""Sign-outs are heard, whatever keeps the sessions."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends import cache, signed_cookies

from parley.delivery import sockets
from parley.delivery.rights import digest_of

SRC = Path(__file__).parents[3] / "src"
WITHOUT_SESSIONS = """
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "channels", "parley"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
from parley.delivery import rights
print(rights._sessions(set()))
"""


@pytest.fixture
def words(monkeypatch):
    listener = []
    monkeypatch.setattr(
        sockets, "_tell_on_commit", lambda owner_id, notification: listener.append((owner_id, notification))
    )
    return listener


def signed_out(rf, session):
    request = rf.get("/")
    request.session = session
    sockets._signed_out(request=request, user=User(pk=7))


def test_a_session_with_a_key_of_its_own_ends_alone(rf, words):
    signed_out(rf, cache.SessionStore("k" * 32))
    assert words == [(7, {"type": "sockets.close", "session": digest_of("k" * 32)})]


def test_a_session_that_is_a_cookie_takes_all_sockets_along(rf, words):
    """It has another key whenever it was saved, and the socket may know an older one, which stays good."""
    signed_out(rf, signed_cookies.SessionStore("signed"))
    assert words == [(7, {"type": "sockets.close"})]


@pytest.mark.thorough
def test_a_site_without_sessions_starts():
    command = [sys.executable, "-c", WITHOUT_SESSIONS]
    done = subprocess.run(command, env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("{}\n", "")
