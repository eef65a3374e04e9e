"""How many bytes the snapshot of a share takes, to be counted."""

from django.db import migrations, models
from django.db.models.functions import Cast, Length


def measure(apps, schema_editor):
    shares = apps.get_model("parley", "Share").objects.using(schema_editor.connection.alias).exclude(snapshot={})
    shares.update(size=Length(Cast("snapshot", models.TextField())))


class Migration(migrations.Migration):
    dependencies = [("parley", "0003_error_detail")]

    operations = [
        migrations.AddField(
            model_name="share",
            name="size",
            field=models.PositiveBigIntegerField(default=0, editable=False, verbose_name="bytes"),
        ),
        migrations.RunPython(measure, migrations.RunPython.noop, elidable=True),
    ]
