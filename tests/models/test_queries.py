"""What pages and replies cost in queries."""

from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parley.generation import engine, ledger
from parley.generation.outcome import Outcome
from parley.models import Folder, Message
from parley.models.job import JobQuerySet
from tests.models.conftest import WRITES, answered, begun, settle
from tests.support.attachments import ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(owner, monkeypatch):
    """A function: how many queries a page of the owner's takes that was looked at before, besides the sweeps."""
    monkeypatch.setattr("parley.views.following.passing_reaper", Mock())
    client = Client()
    client.force_login(owner)

    def queries(url):
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            response = client.get(url)
        assert response.status_code == 200
        return len(captured)

    queries("/")
    return queries


def test_shows_many_messages_with_the_queries_of_few(owner, page):
    """One of them is for the files of all questions."""
    few, many = answered(owner, times=1), answered(owner, times=15)
    assert page(few.get_absolute_url()) == page(many.get_absolute_url()) <= 16


def test_shows_many_files_with_the_queries_of_none(owner, page, settings, tmp_path):
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}
    conversation = answered(owner)
    without = page(conversation.get_absolute_url())
    for number in range(10):
        conversation.ask("?", attachments=[ready(owner, b"%d %d" % (number, each)).pk for each in range(2)])
        settle(conversation)
    assert page(conversation.get_absolute_url()) == without


def test_shows_many_failed_replies_with_the_queries_of_few(owner, page):
    conversation = answered(owner, times=1)
    before = page(conversation.get_absolute_url())
    for number in range(15):
        conversation.ask(f"question {number}")
        settle(conversation, status="failed", error="provider_down", content="")
    assert page(conversation.get_absolute_url()) == before


@pytest.mark.parametrize("url", ["/", "conversation"])
def test_lists_many_conversations_with_the_queries_of_few(owner, page, url):
    url = answered(owner).get_absolute_url() if url == "conversation" else url
    before = page(url)
    for _ in range(20):
        answered(owner)
    assert page(url) == before


def test_catches_up_with_many_changes_with_the_queries_of_few(owner, page):
    few, many = answered(owner, times=1), answered(owner, times=15)
    few_queries, many_queries = (
        page(f"/catch-up/?version=0&conversation={conversation.pk}") for conversation in (few, many)
    )
    assert few_queries == many_queries <= 8


def test_catches_up_with_many_failed_replies_with_the_queries_of_few(owner, page):
    queries = []
    for times in (1, 15):
        conversation = answered(owner, times=1)
        for number in range(times):
            conversation.ask(f"question {number}")
            settle(conversation, status="failed", error="provider_down", content="")
        queries.append(page(f"/catch-up/?version=0&conversation={conversation.pk}"))
    assert queries[0] == queries[1] <= 9


class ReadsElsewhere:
    """The router of a host with a copy of its database for reading, which is not there now."""

    def db_for_read(self, model, **hints):
        return "copy"


def test_claims_where_it_writes(owner, settings):
    reply = begun(owner).messages.get(role="assistant")
    settings.DATABASE_ROUTERS = [ReadsElsewhere()]
    assert [claimed.pk for claimed in Message.objects.claim([reply.pk], uuid4()).begun] == [reply.pk]


def test_asks_with_four_writes_and_one_read(conversation, reply, written):
    """The feed, the messages, the conversation and the draft that was sent."""
    with written() as writes:
        conversation.ask("next", idempotency_key=uuid4())
    assert len(writes) == 4
    statements = [query["sql"].split()[0] for query in writes.captured_queries]
    assert statements == ["SAVEPOINT", "INSERT", "WITH", "INSERT", "UPDATE", "DELETE", "RELEASE"]


def test_asks_with_files_with_four_statements_more_however_many(conversation, reply, settings, tmp_path):
    """Two to see whether they were read and to take them, two to hold them."""
    settings.PARLEY = {**settings.PARLEY, "FILES": str(tmp_path)}
    counts = []
    for number in (0, 1, 10):
        chosen = [ready(conversation.owner, b"%d" % each).pk for each in range(number)]
        with CaptureQueriesContext(connection) as captured:
            conversation.ask("next", idempotency_key=uuid4(), attachments=chosen)
        counts.append(len(captured))
    assert counts[0] + 4 == counts[1] == counts[2], counts


def test_asks_again_without_a_look_at_all_messages(conversation, reply, written):
    with written() as writes:
        conversation.regenerate(reply, "gpt-y")
    reads = [query["sql"] for query in writes.captured_queries if 'FROM "parley_message"' in query["sql"]]
    assert len(reads) == 3
    assert all('"parent_id" =' in read or '"id" =' in read for read in reads)


def test_writes_a_reply_with_two_writes_at_its_beginning_and_at_its_end(reply, written):
    """The first is the lock of SQLite, which has no other."""
    with written() as writes:
        writing = engine.begin([reply.pk], uuid4())[reply.pk]
    assert len(writes) == (1 if connection.features.has_select_for_update else 2)
    writing.answer.add({"choices": [{"delta": {"content": "text"}, "finish_reason": "stop"}]})
    with written() as writes:
        assert engine.settle(writing, Outcome("done"))
    assert len(writes) == 2


def test_begins_a_reply_with_as_many_queries_whatever_was_said_before(owner):
    counts = []
    for times in (1, 15):
        conversation = answered(owner, times=times)
        _, reply = conversation.ask("last")
        with CaptureQueriesContext(connection) as captured:
            assert engine.begin([reply.pk], uuid4())
        Message.objects.filter(pk=reply.pk).update(status="done")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10


def test_turns_a_claim_away_without_a_write(owner, written):
    conversation = begun(owner)
    conversation.ask("second")
    last = conversation.messages.latest("id")
    with written() as writes:
        assert engine.begin([last.pk], uuid4()) == {}
    assert len(writes) == 0


def test_begins_the_replies_of_many_people_with_the_queries_of_one():
    counts = []
    for number in (1, 10):
        replies = [waiting_in_folder(f"owner {n} of {number}") for n in range(number)]
        with CaptureQueriesContext(connection) as captured:
            begun_replies, held = Message.objects.claim([reply.pk for reply in replies], uuid4())
            assert {reply.conversation.effective_model for reply in begun_replies} == {"of the folder"}
        assert (sorted(reply.pk for reply in replies), held) == ([reply.pk for reply in begun_replies], set())
        counts.append(len(captured))
    assert counts[0] == counts[1] == 9


def waiting_in_folder(name):
    owner = get_user_model().objects.create_user(name)
    conversation = begun(owner)
    owner.conversations.update(folder=Folder.objects.create(owner=owner, name="any", model="of the folder"))
    return conversation.messages.get(role="assistant")


def test_knows_the_same_line_as_django_would(owner, stranger):
    first, second = begun(owner), begun(stranger)
    first.ask("next")
    begun(stranger).messages.update(status="streaming")
    settle(begun(owner))
    ids = {*first.messages.values_list("pk", flat=True), *second.messages.values_list("pk", flat=True)}
    for asked in (set(), ids, {first.messages.latest("id").pk}, {uuid4()}):
        lines = Message.objects.in_line(asked), JobQuerySet.in_line(Message.objects.all(), asked)
        ours, by_django = ([(row[0], row[1], UUID(str(row[2])), *row[3:]) for row in each] for each in lines)
        assert ours == by_django


def test_ends_a_reply_with_one_statement_for_each_table(reply):
    writing = engine.begin([reply.pk], uuid4())[reply.pk]
    writing.calls += [ledger.begin(writing.reply, writing.provider, number=number) for number in (1, 2)]
    with CaptureQueriesContext(connection) as captured:
        settled, dispatched = engine.settle_and_dispatch(writing, Outcome("done"))
    assert (bool(settled), dispatched) == (True, True)
    statements = [" ".join(query["sql"].split()[:3]) for query in captured.captured_queries]
    writes = ["INSERT INTO parley_feed", 'UPDATE "parley_message" SET', 'INSERT INTO "parley_call"']
    assert [statement for statement in statements if statement.startswith(WRITES)] == writes
    assert len(captured) == 7, "With the prices, a savepoint and its release, and whether another reply waits."
