"""What only has to be read is shown while nothing can be written, as after a failover."""

from contextlib import contextmanager

import pytest
from django.db import connection

from tests.views.shares import shared, shown

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def read_only():
    kind, name = ("PRAGMA", "query_only") if connection.vendor == "sqlite" else ("SET", "default_transaction_read_only")
    with connection.cursor() as cursor:
        cursor.execute(f"{kind} {name} = on")
        try:
            yield
        finally:
            cursor.execute(f"{kind} {name} = off")


def test_an_imported_conversation(at_owner, conversation):
    with read_only():
        page = at_owner.get(conversation.get_absolute_url())
    assert "<em>enemies</em>" in page.text
    assert not conversation.messages.exclude(html="").exists()


def test_a_shared_link(anonymous, conversation):
    share = shared(conversation)
    with read_only():
        assert "<em>enemies</em>" in shown(anonymous, share).text
