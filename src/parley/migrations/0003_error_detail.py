from django.db import migrations, models

COLUMN = "ALTER TABLE parley_message ADD COLUMN error_detail varchar(300) DEFAULT '' NOT NULL"
"""On SQLite, Django would make the table anew: slow where it is large, and the triggers of the search are in the way."""


class Migration(migrations.Migration):
    dependencies = [("parley", "0002_search")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(COLUMN, "ALTER TABLE parley_message DROP COLUMN error_detail"),
            ],
            state_operations=[
                migrations.AddField(
                    model_name="message",
                    name="error_detail",
                    field=models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of an error; never part of the text.",
                        max_length=300,
                        verbose_name="the provider's words",
                    ),
                ),
            ],
        ),
    ]
