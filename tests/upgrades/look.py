"""Bring a data folder of the old program to the newest tables, and use it → what was found, as JSON; see the test.

``look.py FILE``: the kept SQLite file. Another database than that gets its rows, by the models of then.
"""

# ruff: noqa: E402

import json
import sys

from django.conf import settings

settings.DATABASES["kept"] = {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}

import django

django.setup()

from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.urls import reverse

from parley.models import Call, Conversation, Message, Share
from tests.upgrades.old import NEWEST, PASSWORD

PLACES = "conversation_new conversation_archived share_list usage usage_all profile_edit preset_list transfer_list"
PLACES += " connection_list budget_list price_list model_list conversation_list"


def main():
    apps = models_of_then()
    before = rows(apps, "kept")
    if connection.vendor == "postgresql":
        call_command("migrate", "parley", NEWEST, verbosity=0)
        call_command("migrate", "auth", verbosity=0)
        call_command("migrate", "sessions", verbosity=0)
        call_command("migrate", "admin", verbosity=0)
        carry(apps)
    call_command("migrate", verbosity=0)
    after = rows(apps, "default")
    found = {"rows": {table: len(kept) for table, kept in before.items()}}
    found["changed"] = [table for table, kept in before.items() if after[table] != kept]
    found["calls"] = [[*row] for row in Call.objects.values_list("provider_cost", "cost", "day", "started_at__date")]
    print(json.dumps(found | visit(), default=str))


def models_of_then():
    loader = MigrationLoader(connection)
    leaves = [leaf for leaf in loader.graph.leaf_nodes() if leaf[0] != "parley"]
    return loader.project_state([*leaves, ("parley", NEWEST)]).apps


def rows(apps, alias):
    """{table: [row]} of all that people and the site have."""
    everything = apps.get_models(include_auto_created=True)
    ours = [model for model in everything if model._meta.app_label not in ("contenttypes", "sessions")]
    found = {}
    for model in ours:
        names = [field.attname for field in model._meta.local_concrete_fields]
        kept = model._base_manager.using(alias).values_list(*names)
        found[model._meta.db_table] = sorted(json.dumps(row, sort_keys=True, default=str) for row in kept)
    return {table: kept for table, kept in found.items() if "permission" not in table}


def carry(apps):
    """Copy all rows, as they are, into the tables of then."""
    everything = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    with transaction.atomic():
        for model in reversed(everything):
            model._base_manager.all().delete()
        for model in everything:
            for field in model._meta.local_concrete_fields:
                field.auto_now = field.auto_now_add = False
            model._base_manager.bulk_create(model._base_manager.using("kept").all())
        for statement in connection.ops.sequence_reset_sql(no_style(), everything):
            connection.cursor().execute(statement)


def visit():
    """Open every page as the person to whom most belongs."""
    client = Client(raise_request_exception=True)
    assert client.login(username="ann", password=PASSWORD)
    pages = [reverse(f"parley:{name}") for name in PLACES.split()]
    talks = Conversation.objects.filter(owner__username="ann", deleted_at=None)
    pages += [reverse("parley:conversation_show", args=[talk.pk]) for talk in talks]
    shares = [reverse("parley:share_show", args=[share.token]) for share in Share.objects.filter(revoked_at=None)]
    answers = {page: client.get(page) for page in [*pages, *shares]}
    shown = "".join(answer.content.decode() for answer in answers.values())
    mine = Message.objects.filter(conversation__in=talks, conversation__archived=False)
    return {
        "pages": {page: answer.status_code for page, answer in answers.items()},
        "unseen": [text for text in on_branches(talks) if text not in shown],
        "messages": mine.count(),
        "found": {words: client.get(reverse("parley:search"), {"q": words}).content.decode() for words in SOUGHT},
    }


SOUGHT = ("beneath", "Skerryvore", "northward")


def on_branches(talks):
    return [message.content for talk in talks for message in talk.whole_branch() if message.role == "user"]


main()
