from django.db import migrations, models

TABLES = ("parley_message", "parley_transfer")


def renamed(before: str, after: str) -> list[str]:
    """Indexes and triggers keep what they are about; on SQLite, Django might make the table anew, without its triggers."""
    return [f"ALTER TABLE {table} RENAME COLUMN {before} TO {after}" for table in TABLES]


class Migration(migrations.Migration):
    dependencies = [("parley", "0010_feed_tab")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(renamed("rung_at", "enqueued_at"), renamed("enqueued_at", "rung_at")),
            ],
            state_operations=[
                migrations.RemoveIndex(model_name="transfer", name="parley_transfer_status"),
                migrations.RenameField(model_name="message", old_name="rung_at", new_name="enqueued_at"),
                migrations.RenameField(model_name="transfer", old_name="rung_at", new_name="enqueued_at"),
                migrations.AddIndex(
                    model_name="transfer",
                    index=models.Index(fields=["status", "enqueued_at"], name="parley_transfer_status"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="transfer",
            name="started_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
