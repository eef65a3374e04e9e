import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

COLUMN = "ALTER TABLE parley_conversation ADD COLUMN without_profile bool DEFAULT false NOT NULL"
"""On SQLite, Django would make the table anew; see 0003_error_detail."""


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("parley", "0015_budgets")]

    operations = [
        migrations.CreateModel(
            name="Profile",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="parley_profile",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="name")),
                ("about", models.TextField(blank=True, verbose_name="about me")),
                ("style", models.TextField(blank=True, verbose_name="how to answer")),
                ("model", models.CharField(blank=True, max_length=250, verbose_name="model")),
                ("favourites", models.JSONField(blank=True, default=list, editable=False)),
                ("enter_sends", models.BooleanField(default=True, verbose_name="Enter sends")),
            ],
            options={"verbose_name": "profile", "verbose_name_plural": "profiles"},
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(COLUMN, "ALTER TABLE parley_conversation DROP COLUMN without_profile"),
            ],
            state_operations=[
                migrations.AddField(
                    model_name="conversation",
                    name="without_profile",
                    field=models.BooleanField(
                        db_default=False, default=False, verbose_name="without personal instructions"
                    ),
                ),
            ],
        ),
    ]
