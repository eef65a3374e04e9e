from django.db import migrations, models

RENAMED = (
    ("parley_conversation", "discarded_at", "deleted_at"),
    ("parley_message", "key", "idempotency_key"),
    ("parley_worker", "beat_at", "heartbeat_at"),
)
LISTED = models.Index(
    fields=["owner", "-updated_at", "-id"],
    condition=models.Q(deleted_at=None, archived=False, pinned=False, folder=None),
    name="parley_conversation_listed",
)


def rename(table: str, before: str, after: str) -> migrations.RunSQL:
    """Indexes and triggers keep what they are about; on SQLite, Django might make the table anew, without its triggers."""
    sql = "ALTER TABLE {} RENAME COLUMN {} TO {}"
    return migrations.RunSQL(sql.format(table, before, after), sql.format(table, after, before))


class Migration(migrations.Migration):
    dependencies = [("parley", "0011_jobs")]

    operations = [
        migrations.RemoveIndex(model_name="conversation", name="parley_conversation_discarded"),
        migrations.SeparateDatabaseAndState(
            database_operations=[rename(*names) for names in RENAMED],
            state_operations=[
                migrations.RemoveIndex(model_name="conversation", name="parley_conversation_listed"),
                migrations.RemoveIndex(model_name="message", name="parley_message_key"),
                migrations.RenameField(model_name="conversation", old_name="discarded_at", new_name="deleted_at"),
                migrations.RenameField(model_name="message", old_name="key", new_name="idempotency_key"),
                migrations.RenameField(model_name="worker", old_name="beat_at", new_name="heartbeat_at"),
                migrations.AddIndex(model_name="conversation", index=LISTED),
                migrations.AddIndex(
                    model_name="message",
                    index=models.Index(
                        condition=models.Q(idempotency_key__isnull=False),
                        fields=["idempotency_key"],
                        name="parley_message_key",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(deleted_at__isnull=False), fields=["deleted_at"], name="parley_conversation_deleted"
            ),
        ),
    ]
