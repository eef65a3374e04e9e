import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import parley.ids

OWNER = models.ForeignKey(
    settings.AUTH_USER_MODEL, django.db.models.deletion.CASCADE, related_name="%(class)ss", verbose_name="owner"
)


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.UUIDField(default=parley.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("version", models.BigIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("text", models.CharField(max_length=200)),
                ("owner", OWNER),
            ],
            options={"abstract": False},
        ),
    ]
