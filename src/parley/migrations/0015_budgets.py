from decimal import Decimal

import django.db.models.deletion
import django.utils.timezone
import parley.ids
from django.conf import settings
from django.db import migrations, models

AMOUNT = {"decimal_places": 8, "max_digits": 20}


def key():
    return ("id", models.UUIDField(default=parley.ids.uuid7, editable=False, primary_key=True, serialize=False))


class Migration(migrations.Migration):
    dependencies = [
        ("parley", "0014_money"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Budget",
            fields=[
                key(),
                ("person", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("group", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="auth.group")),
                ("each", models.BooleanField(default=False)),
                ("period", models.CharField(choices=[("day", "a day"), ("week", "a week"), ("month", "a month")], default="month", max_length=8)),
                ("unit", models.CharField(choices=[("cost", "Money"), ("tokens", "Tokens")], default="cost", max_length=8)),
                ("limit", models.DecimalField(**AMOUNT)),
                ("hard", models.BooleanField(default=True)),
            ],
            options={"verbose_name": "budget", "verbose_name_plural": "budgets"},
        ),
        migrations.CreateModel(
            name="Spending",
            fields=[
                key(),
                ("budget", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="spendings", to="parley.budget")),
                ("owner", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("period_start", models.DateField()),
                ("spent", models.DecimalField(default=Decimal(0), **AMOUNT)),
                ("held", models.DecimalField(default=Decimal(0), **AMOUNT)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("owner__isnull", False)), fields=("budget", "period_start", "owner"), name="parley_spending_each"),
                    models.UniqueConstraint(condition=models.Q(("owner", None)), fields=("budget", "period_start"), name="parley_spending_all"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                key(),
                ("reply_id", models.UUIDField()),
                ("attempt", models.PositiveIntegerField()),
                ("purpose", models.CharField(max_length=16)),
                ("amount", models.DecimalField(**AMOUNT)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("spending", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="parley.spending")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("reply_id", "attempt", "purpose", "spending"), name="parley_reservation_identity")],
            },
        ),
    ]
