"""How long a transaction waits for a row that somebody else holds."""

import pytest
from django.db import connection

from parley.models import Feed, locks

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

    yield set_limit
    set_limit("0")


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
