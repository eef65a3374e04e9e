from django.db import migrations

from parley.search import index


def make(apps, schema_editor):
    index.make(schema_editor.connection)


def remove(apps, schema_editor):
    index.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("parley", "0001_initial")]
    operations = [migrations.RunPython(make, remove)]
