"""A fork gets copies of what it has read in other conversations until now.

In short transactions. The ids of the copies are made of those of the originals, so that they are in the same order, and
so that it may begin again after a crash.
"""

from uuid import UUID, uuid5

from django.db import migrations, transaction
from django.db.models import F
from django.utils import timezone

AT_ONCE = 100
RANDOM = (1 << 62) - 1
"""The bits of a UUIDv7 that say nothing about its place."""
READ_ELSEWHERE = """
    WITH RECURSIVE walk (id, parent_id, conversation_id) AS (
        SELECT id, parent_id, conversation_id FROM parley_message WHERE id = %s
        UNION
        SELECT above.id, above.parent_id, above.conversation_id
        FROM parley_message above JOIN walk ON above.id = walk.parent_id
    ) SELECT id FROM walk WHERE conversation_id <> %s"""
"""From one message: above many, PostgreSQL would expect most of the table, and read all of it at each step."""


def copy_for_forks(apps, schema_editor):
    everything = [apps.get_model("parley", name).objects for name in ("Conversation", "Message", "Feed")]
    conversations, messages, feeds = (rows.using(schema_editor.connection.alias) for rows in everything)
    for fork in list(conversations.exclude(forked_from=None).only("shown", "forked_from", "owner").order_by("pk")):
        starts = {fork.forked_from_id, fork.shown_id, *_hanging_on(messages, fork.pk)} - {None}
        copies = _copies(schema_editor.connection, messages.model._meta.pk, starts, fork.pk)
        _copy(messages, copies, fork.pk)
        with transaction.atomic(using=messages.db):
            for original in _hanging_on(messages, fork.pk):
                messages.filter(conversation=fork.pk, parent=original).update(parent=copies[original])
            shown = copies.get(fork.shown_id, fork.shown_id)
            conversations.filter(pk=fork.pk).update(shown=shown, forked_from=None)
            feeds.filter(owner=fork.owner_id).update(version=F("version") + 1, removed=F("version") + 1)


def _hanging_on(messages, fork):
    """The ids of the messages of other conversations that messages of this one answer."""
    answers = messages.filter(conversation=fork).exclude(parent=None).exclude(parent__conversation=fork)
    return set(answers.values_list("parent_id", flat=True))


def _copies(connection, field, starts, fork):
    """The ids of the messages of other conversations that are above this one, in order → those of their copies."""
    ids = set()
    for start in sorted(starts, reverse=True):
        if start not in ids:
            with connection.cursor() as cursor:
                cursor.execute(READ_ELSEWHERE, [field.get_db_prep_value(pk, connection) for pk in (start, fork)])
                ids.update(field.to_python(pk) for (pk,) in cursor.fetchall())
    return {pk: UUID(int=pk.int & ~RANDOM | uuid5(fork, str(pk)).int & RANDOM) for pk in sorted(ids)}


def _copy(messages, copies, fork):
    """Those that an attempt before this one has made are as their originals are by now."""
    ids, fields = list(copies), [field.name for field in messages.model._meta.concrete_fields if not field.primary_key]
    for start in range(0, len(ids), AT_ONCE):
        rows = list(messages.filter(pk__in=ids[start : start + AT_ONCE]).order_by("pk"))
        for row in rows:
            row.pk, row.conversation_id, row.parent_id = copies[row.pk], fork, copies.get(row.parent_id, row.parent_id)
            row.key = row.worker = row.rung_at = None
            if row.status in ("pending", "streaming"):
                row.status, row.settled_at = "stopped", timezone.now()
        with transaction.atomic(using=messages.db):
            messages.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=fields)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("parley", "0007_calls")]
    operations = [migrations.RunPython(copy_for_forks, migrations.RunPython.noop, elidable=True)]
