from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parley", "0017_attachments")]

    operations = [
        migrations.AddField(
            model_name="call",
            name="owner_groups",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="groups of a deleted owner"),
        ),
    ]
