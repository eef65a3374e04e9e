import django.db.models.deletion
import parley.days
import parley.ids
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Func
from django.db.models.functions import TruncDate
from django.utils import timezone


def fill(apps, schema_editor):
    """Give existing calls their day, the time to their first token, and their cost, which the provider has said."""
    day = TruncDate("started_at", tzinfo=timezone.get_default_timezone())
    calls = apps.get_model("parley", "Call")._base_manager.using(schema_editor.connection.alias)
    calls.update(day=day, provider_cost=F("cost"), first_token_ms=Milliseconds(F("first_token_at"), F("started_at")))


class Milliseconds(Func):
    template, arg_joiner, output_field = "ROUND(EXTRACT(EPOCH FROM (%(expressions)s)) * 1000)", " - ", models.PositiveIntegerField()

    def as_sqlite(self, compiler, connection, **more):
        (later, values), (earlier, others) = map(compiler.compile, self.source_expressions)
        return f"CAST(ROUND((julianday({later}) - julianday({earlier})) * 86400000) AS INTEGER)", [*values, *others]


class Migration(migrations.Migration):
    dependencies = [("parley", "0013_connections"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.UUIDField(default=parley.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("connection", models.CharField(blank=True, max_length=40, verbose_name="connection")),
                ("model", models.CharField(max_length=200, verbose_name="model")),
                ("input", models.DecimalField(decimal_places=6, max_digits=14, verbose_name="input")),
                ("output", models.DecimalField(decimal_places=6, max_digits=14, verbose_name="output")),
                ("cached_input", models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True, verbose_name="cached input")),
                ("cache_write", models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True, verbose_name="written to the cache")),
                ("valid_from", models.DateField(default=parley.days.today, verbose_name="valid from")),
                ("source", models.CharField(choices=[("person", "Written here"), ("package", "From a price list")], default="person", max_length=10, verbose_name="source")),
            ],
            options={
                "verbose_name": "price",
                "verbose_name_plural": "prices",
                "constraints": [models.UniqueConstraint(fields=("connection", "model", "valid_from"), name="parley_price_identity")],
            },
        ),
        migrations.CreateModel(
            name="UsageDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("sums", models.TextField()),
            ],
        ),
        # A program of before writes what the provider says into "cost", which is right until prices are known.
        migrations.AddField("call", "provider_cost", models.DecimalField(decimal_places=8, max_digits=16, null=True, verbose_name="cost as the provider says")),
        migrations.AlterField("call", "cost", models.DecimalField(decimal_places=8, max_digits=20, null=True, verbose_name="cost")),
        migrations.AddField("call", "connection", models.CharField(blank=True, db_default="", default="", max_length=40, verbose_name="connection")),
        migrations.AddField("call", "estimated", models.BooleanField(db_default=False, default=False, verbose_name="estimated")),
        migrations.AddField("call", "owner_name", models.CharField(blank=True, db_default="", default="", max_length=150, verbose_name="name of a deleted owner")),
        migrations.AddField("call", "day", models.DateField(null=True)),
        migrations.AddField("call", "first_token_ms", models.PositiveIntegerField(null=True, verbose_name="milliseconds to the first token")),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("call", "day", models.DateField(db_default=parley.days.DatabaseDay(), default=parley.days.today, verbose_name="day")),
        migrations.AlterField("call", "purpose", models.CharField(choices=[("answer", "Answer"), ("title", "Title"), ("test", "Test of a connection")], default="answer", max_length=16, verbose_name="purpose")),
        migrations.AlterField(
            "call",
            "owner",
            models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="owner"),
        ),
        migrations.RemoveIndex("call", "parley_call_owner"),
        migrations.AddIndex("call", models.Index(fields=["owner", "day", "connection", "model"], name="parley_call_owner")),
        migrations.AddIndex("call", models.Index(fields=["day", "connection", "model"], name="parley_call_day")),
        migrations.AddIndex("call", models.Index(condition=~models.Q(error=""), fields=["day"], name="parley_call_failed")),
    ]
