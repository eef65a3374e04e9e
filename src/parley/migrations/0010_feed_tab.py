from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parley", "0009_no_forked_from")]

    operations = [
        migrations.AddField(
            "feed", "tab", models.CharField(db_default="", default="", editable=False, max_length=32)
        ),
    ]
