from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parley", "0019_attachment_search"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField("attachment", "imported", models.BooleanField(editable=False, null=True)),
        migrations.AddIndex(
            "attachment", models.Index(fields=["owner", "started_at"], name="parley_attachment_served")
        ),
    ]
