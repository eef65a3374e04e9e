"""What was written by an older version is there after a migration."""

import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from itertools import pairwise

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext

from parley.ids import uuid7
from parley.models import Call, Conversation, Feed
from parley.search import index
from parley.search.query import parse
from tests.models.conftest import answered

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]
BEFORE, AFTER = "0007_calls", "0021_fair_readings"


def migrate(name):
    executor = MigrationExecutor(connection)
    executor.migrate([("parley", name)])
    return MigrationExecutor(connection).loader.project_state([("parley", name)]).apps


@pytest.fixture
def old():
    """The models as they were when forks read in other conversations."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("parley")[0][1]
    apps = migrate(BEFORE)
    yield lambda name: apps.get_model("parley", name).objects
    migrate(newest)


@pytest.fixture
def talk(owner):
    return answered(owner, times=120)


@pytest.fixture
def path(talk):
    """Its branch, which is read before the database is an older one."""
    return talk.whole_branch()


@pytest.fixture
def forked(owner, old):
    """A function: a fork that reads what is above a message in the conversation of that message."""
    return lambda pk, title: old("Conversation").create(owner_id=owner.pk, title=title, forked_from_id=pk, shown_id=pk)


def say(old, fork, parent_id, *contents):
    for content in contents:
        text = {"conversation": fork, "role": "user", "status": "done"}
        parent_id = old("Message").create(id=uuid7(), parent_id=parent_id, content=content, **text).pk
    old("Conversation").filter(pk=fork.pk).update(shown=parent_id)
    return parent_id


def shown(title):
    fork = Conversation.objects.get(title=title)
    branch = fork.whole_branch()
    assert {message.conversation_id for message in branch} <= {fork.pk}
    return [message.content for message in branch]


def test_forks_that_read_in_another_conversation_get_copies(talk, path, old, forked):
    texts = [message.content for message in path]
    old("Message").filter(pk=path[3].pk).update(status="streaming", worker=uuid7(), key=uuid7())
    fork = forked(path[229].pk, "fork")
    say(old, fork, path[229].pk, "in the fork", "and on")
    say(old, fork, path[8].pk, "instead", "of it")
    end = say(old, forked(path[5].pk, "short"), path[5].pk, "end")
    second = forked(end, "second")
    untouched = forked(path[9].pk, "untouched")
    version = old("Feed").get(owner=talk.owner_id).version
    old("Message").filter(pk__in=[path[8].pk, path[7].pk]).update(conversation=untouched)  # as it was left to a fork
    migrate(AFTER)
    assert shown("fork") == [*texts[:9], "instead", "of it"]
    fork = Conversation.objects.get(pk=fork.pk)
    fork.show(fork.messages.get(content="in the fork"))
    assert shown("fork") == [*texts[:230], "in the fork", "and on"]
    assert len(fork.window(around=fork.messages.get(content="instead")).messages[9].versions) == 2
    assert shown("short") == [*texts[:6], "end"]
    assert shown("second") == [*texts[:6], "end"]
    assert shown("untouched") == texts[:10]
    assert Conversation.objects.get(pk=second.pk).messages.count() == 7
    assert fork.messages.count() == 230 + 4
    assert not fork.messages.filter(status="streaming").exists()
    assert Feed.version_of(talk.owner) > version


def test_copying_for_forks_may_begin_again_after_a_crash(talk, path, old, forked, monkeypatch):
    fork = forked(path[-1].pk, "fork")
    migration = import_module("parley.migrations.0008_forks_copy")
    with monkeypatch.context() as crashing, pytest.raises(ZeroDivisionError):
        crashing.setattr(migration, "F", lambda name: 1 / 0)
        migrate(AFTER)
    assert old("Message").filter(conversation=fork.pk).count() == len(path)
    old("Message").filter(pk=path[-1].pk).update(content="written to its end meanwhile")
    migrate(AFTER)
    assert shown("fork") == [*(message.content for message in path[:-1]), "written to its end meanwhile"]
    assert Conversation.objects.get(pk=fork.pk).messages.count() == len(path)


@pytest.fixture
def few_values():
    """As many values in a statement as Django counts on; many an SQLite takes more, but all have a limit."""
    if connection.vendor != "sqlite":
        yield
    else:
        connection.ensure_connection()
        before = connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 1_000)
        yield
        connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)


def test_a_fork_below_very_many_messages_gets_copies(talk, path, old, forked, few_values):
    text = {"conversation_id": talk.pk, "role": "user", "status": "done", "content": "more"}
    ids = [path[-1].pk, *(uuid7() for _ in range(1_000))]
    more = [old("Message").model(id=pk, parent_id=parent, **text) for parent, pk in pairwise(ids)]
    old("Message").bulk_create(more)
    say(old, forked(ids[-1], "fork"), ids[-1], "in the fork")
    migrate(AFTER)
    assert shown("fork") == [*(message.content for message in path), *["more"] * 1_000, "in the fork"]


class Elsewhere:
    """The tables of Parley are in another database."""

    def allow_migrate(self, db, app_label, **hints):
        return app_label != "parley"


def test_a_database_that_has_other_tables_only_is_left_alone(settings):
    settings.DATABASE_ROUTERS = [Elsewhere()]
    loader = MigrationExecutor(connection).loader
    for name in sorted(name for app, name in loader.graph.nodes if app == "parley"):
        state = loader.project_state(("parley", name), at_end=False)
        with connection.schema_editor() as editor, CaptureQueriesContext(connection) as queries:
            loader.get_migration("parley", name).apply(state, editor)
        assert not [query for query in queries if "parley" in query["sql"]]


def test_the_search_has_the_copies_and_goes_on(talk, path, old, forked):
    fork = forked(path[0].pk, "fork")
    migrate(AFTER)
    found = {place.conversation for place in index.find(talk.owner, parse("what is a parley"), offset=0, count=9)}
    assert {talk.pk, fork.pk} <= found
    Conversation.objects.get(pk=fork.pk).rename("zebra")
    assert index.find(talk.owner, parse("zebra"), offset=0, count=9)


def test_calls_get_their_day_and_what_the_provider_said_as_their_cost(owner, settings):
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("parley")[0][1]
    old = migrate("0013_connections").get_model("parley", "Call").objects
    settings.TIME_ZONE = "Pacific/Auckland"
    try:
        began = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
        first, values = began + timedelta(milliseconds=1234), {"attempt": 1, "outcome": "done", "prompt_tokens": 9}
        call = old.create(owner_id=owner.pk, started_at=began, first_token_at=first, cost="0.5", **values)
        silent = old.create(owner_id=owner.pk, started_at=began, **values)
        migrate(newest)
    finally:
        migrate(newest)
    assert Call.objects.get(pk=silent.pk).first_token_ms is None
    call = Call.objects.get(pk=call.pk)
    assert call.first_token_ms == 1234
    assert (str(call.day), call.started_at, call.cost, call.provider_cost) == (
        "2026-12-01",
        began,
        Decimal("0.5"),
        Decimal("0.5"),
    )
    assert (call.connection, call.estimated, call.owner, call.owner_name, call.prompt_tokens) == (
        "",
        False,
        owner,
        "",
        9,
    )
