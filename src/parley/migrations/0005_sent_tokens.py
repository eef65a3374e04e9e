from django.db import migrations, models

COLUMN = "ALTER TABLE parley_message ADD COLUMN sent_tokens integer DEFAULT 0 NOT NULL"
"""On SQLite, Django would make the table anew; see 0003_error_detail."""


class Migration(migrations.Migration):
    dependencies = [("parley", "0004_share_size")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(COLUMN, "ALTER TABLE parley_message DROP COLUMN sent_tokens"),
            ],
            state_operations=[
                migrations.AddField(
                    model_name="message",
                    name="sent_tokens",
                    field=models.IntegerField(
                        db_default=0,
                        default=0,
                        editable=False,
                        help_text="About how many, where the provider read far fewer.",
                    ),
                ),
            ],
        ),
    ]
