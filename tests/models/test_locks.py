"""How long a transaction waits for a row that somebody else holds."""

import threading
from contextlib import contextmanager

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction

from parley.models import Conversation, Feed, Share, locks
from tests.models.conftest import answered

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one lock for all."),
]


@pytest.fixture
def of_the_host():
    """A limit that the host has set for all of its connections, as with ALTER ROLE."""

    def set_limit(limit):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [limit])

    before = limit()
    yield set_limit
    set_limit(before)


def limit():
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(("theirs", "ours"), [("0", "250ms"), ("10min", "250ms"), ("30s", "250ms"), ("100ms", "100ms")])
def test_is_brief_whatever_the_host_allows_and_briefer_where_it_allows_less(owner, of_the_host, theirs, ours):
    of_the_host(theirs)
    with locks.brief():
        assert limit() == ours
        Feed.advance(owner.pk)
        assert limit() == ours
    assert limit() == theirs


@pytest.fixture
def impatient():
    """A statement that waits longer than it may is ended, so that the test fails instead of waiting."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '5s'")
    with locks.waiting(0.1):
        yield
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")


def test_is_three_seconds_for_what_is_not_ours():
    assert limit() == "3s"


@contextmanager
def held(rows):
    """What a transaction of the host does to rows: nobody else writes them, or refers to them."""
    locked, over = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            assert list(rows.select_for_update())
            locked.set()
            over.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(5)
    yield
    over.set()
    thread.join()


@pytest.mark.parametrize(
    "rows", [lambda owner, fork: Conversation.objects.filter(pk=fork.pk), lambda owner, fork: owner]
)
def test_a_fork_gives_up_when_a_row_is_held_for_long(owner, impatient, rows):
    talk = answered(owner, times=15)
    fork = talk.fork(talk.leaf())
    fork.ask("And then?")
    own = get_user_model().objects.filter(pk=owner.pk)
    with held(rows(own, fork)), pytest.raises(OperationalError) as given_up:
        talk.fork(talk.leaf())
    assert locks.is_locked(given_up.value)


def test_readers_of_a_link_do_not_wait_for_its_row(owner, impatient):
    share = Share.of(answered(owner))
    with held(Share.objects.filter(pk=share.pk)):
        share.count_view()
    share.count_view()
    share.refresh_from_db()
    assert share.views == 1
