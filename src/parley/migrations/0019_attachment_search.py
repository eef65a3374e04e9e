from django.db import migrations, models

from parley.search import index


def take_texts(apps, schema_editor):
    """Keep texts of files in the index of the search; what is in it stays, so that this takes no time."""
    index.take_texts(schema_editor.connection)


def leave_texts(apps, schema_editor):
    index.leave_texts(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("parley", "0018_groups_of_deleted")]
    operations = [
        migrations.RunPython(take_texts, leave_texts),
        migrations.AddIndex("share", models.Index(fields=["expires_at"], name="parley_share_expires")),
    ]
