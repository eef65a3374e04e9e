"""The columns of a database that an older version has made."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from parley.ids import uuid7
from parley.models import Conversation, Message, Transfer, Worker
from tests.models.conftest import begun

SCHEMA = {
    "sqlite": "SELECT type, name FROM sqlite_master WHERE name LIKE 'parley%%' OR tbl_name LIKE 'parley%%'",
    "postgresql": "SELECT 'trigger', tgname::text FROM pg_trigger WHERE NOT tgisinternal"
    " UNION SELECT 'index', indexname::text FROM pg_indexes WHERE tablename LIKE 'parley%%'",
}


pytestmark = pytest.mark.thorough
NEWEST = None


@pytest.mark.django_db(transaction=True)
def test_are_renamed_with_their_rows_and_without_the_loss_of_an_index_or_a_trigger(django_user_model):
    owner = django_user_model.objects.create_user("owner")
    (reply,) = begun(owner).messages.filter(role="assistant")
    transfer, before = Transfer.begin(owner, "export"), made()
    try:
        migrate("0010_feed_tab")
        assert (column("parley_message", "rung_at"), column("parley_transfer", "rung_at")) == (2, 1)
    finally:
        migrate(NEWEST)
    assert made() == before
    assert {kind for kind, _ in before} >= {"index", "trigger"}
    assert Message.objects.get(pk=reply.pk).enqueued_at == reply.enqueued_at
    assert Transfer.objects.get().enqueued_at == transfer.enqueued_at


@pytest.mark.django_db(transaction=True)
def test_have_the_same_values_by_their_new_names(django_user_model):
    conversation = begun(django_user_model.objects.create_user("owner"))
    conversation.messages.filter(role="user").update(idempotency_key=uuid7())
    conversation.soft_delete()
    Worker.heartbeat(uuid7())
    before = renamed()
    try:
        migrate("0011_jobs")
        older = ("parley_conversation", "discarded_at"), ("parley_message", "key"), ("parley_worker", "beat_at")
        assert [column(*names) for names in older] == [1, 1, 1]
    finally:
        migrate(NEWEST)
    assert renamed() == before


def renamed():
    """The values of the columns that migration 0012 renames."""
    named = (Conversation, "deleted_at"), (Message, "idempotency_key"), (Worker, "heartbeat_at")
    return [set(model.objects.values_list("pk", name)) for model, name in named]


def migrate(name):
    """Migrate to a migration of the app, or to NEWEST."""
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("parley") if name is NEWEST else [("parley", name)])


def made():
    """(kind, name) of what the database has beside the rows."""
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA[connection.vendor])
        return set(cursor.fetchall())


def column(table, name):
    """How many rows have this column."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count({name}) FROM {table}")
        return cursor.fetchone()[0]
