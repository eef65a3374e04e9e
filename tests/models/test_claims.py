"""What a worker claims, what it then asks the provider, and what becomes of a claim that nobody writes."""

from datetime import timedelta
from random import Random
from uuid import uuid4

import hypothesis
import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from parley.conf import conf
from parley.generation import engine, history
from parley.generation.outcome import Outcome
from parley.generation.prompt import Turn, build, room
from parley.generation.reaper import Reaper
from parley.ids import uuid7
from parley.models import Conversation, Message, Status, tree
from parley.models.worker import with_heartbeats
from tests.models.conftest import answered, begun, put, said_before, settle

pytestmark = pytest.mark.django_db

WORKER = uuid4()


def waiting(owner):
    return begun(owner).messages.get(role="assistant")


# One actor wins


def test_begins_nothing_that_was_stopped_since_it_was_read(owner):
    one, other = waiting(owner), waiting(owner)
    replies = list(Message.objects.filter(pk__in=[one.pk, other.pk]).order_by("pk"))
    assert one.stop()
    assert Message.objects.all()._lease(replies, WORKER, {"model": "fake-1"}) == [other]
    assert (put(one).status, put(one).attempt, put(other).status) == ("stopped", 0, "streaming")


def test_takes_a_lock_before_it_reads_anything_that_it_decides_on(owner):
    reply = waiting(owner)
    with CaptureQueriesContext(connection) as captured:
        assert reply.claim(WORKER)
    statements = [query["sql"] for query in captured.captured_queries]
    first = next(n for n, statement in enumerate(statements) if statement.startswith(("BEGIN", "SAVEPOINT")))
    assert statements[first + 1].startswith("UPDATE") or " FOR UPDATE" in statements[first + 1]


# What is read


def long_talk(owner, number, text="word " * 20, **values):
    """A conversation of so many messages, and its reply that waits."""
    conversation = settle(answered(owner), **values)
    parent, rows = conversation.leaf_id(), []
    for n in range(number):
        row = Message(id=uuid7(parent), conversation=conversation, parent_id=parent, content=f"{n} {text}", version=1)
        row.role, row.status = ("user", "assistant")[n % 2], ("done", "failed")[n % 7 == 6]
        rows.append(row)
        parent = row.pk
    Message.objects.bulk_create(rows)
    conversation.show(rows[-1])
    return conversation.ask("last")[1]


@pytest.mark.parametrize("window", [0, 1, 50, 500, 3000, 20_000, 1_000_000])
def test_asks_as_if_all_had_been_read(owner, settings, window):
    settings.PARLEY = {**settings.PARLEY, "CONTEXT_WINDOW": window}
    reply = long_talk(owner, 300)
    Message.objects.filter(conversation=reply.conversation, content__startswith="2 ").update(content=" \n\u2003")
    Message.objects.filter(conversation=reply.conversation, content__startswith="4 ").update(content="")
    whole = build("", history.before(reply, 1_000_000).turns, window=window)
    writing = engine.begin([reply.pk], WORKER)[reply.pk]
    assert (writing.request.messages, writing.left_out) == (whole.messages, whole.left_out)


BLANKS = ("", " ", "\n\u2003", "\x1c\x85\xa0", " " * 300)
WORDS = ("word", "\x7f", " \u2003!", "many words " * 9, " " * 99 + "word", "漢字" * 40, "100 %(s)s\\ '")
TEXTS = st.sampled_from([*BLANKS, *WORDS])
TURNS = st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.sampled_from([*Status]), TEXTS), max_size=12)


@given(TURNS, st.integers(0, 900), st.sampled_from(["", "Be brief. " * 10]), st.sampled_from(["", "begun " * 9]))
@hypothesis.settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reads_what_a_prompt_of_everything_would_keep(owner, turns, window, instructions, begun):
    conversation, rows = Conversation.objects.create(owner=owner, title="any"), []
    for role, status, content in [*turns, ("user", "done", "last"), ("assistant", "pending", begun)]:
        row = Message(conversation=conversation, parent=rows[-1] if rows else None, role=role, version=1)
        row.status, row.content = status, content
        rows.append(row)
    *_, reply = Message.objects.bulk_create(rows)
    chosen = {"window": window, "begun": begun}
    read = history.before(reply, room(instructions, **chosen))
    everything = build(instructions, [Turn(*turn) for turn in [*turns, ("user", "done", "last")]], **chosen)
    assert build(instructions, read.turns, older=read.older, **chosen) == everything


@pytest.fixture
def fetched(monkeypatch):
    """The rows of histories that were fetched from the database, one list a statement."""
    statements, rows = [], history._rows
    monkeypatch.setattr(
        history, "_rows", lambda *args, **values: statements.append(rows(*args, **values)) or statements[-1]
    )
    return statements


@pytest.mark.parametrize("text", ["word " * 20, "漢字" * 300])
def test_fetches_the_turns_that_a_window_holds_and_one_more(owner, fetched, text):
    reply = long_talk(owner, 500, text)
    Message.objects.filter(conversation=reply.conversation, status="failed").update(status="done")
    read = history.before(reply, 1000)
    [[_, *newest], older] = fetched
    contents = [content for *_, content in newest]
    fitting = build("", read.turns, window=1000 / 0.75).messages
    assert len(newest) == len(read.turns) <= len(fitting) + 2  # the turn that does not fit may follow one that needs it
    assert sum(len(content.encode()) for content in contents[:-1]) <= 3000
    assert older == [(True, read.older)]
    assert read.older + len(read.turns) == 503


def test_counts_only_the_branch_where_an_early_question_has_another_answer(owner):
    reply = long_talk(owner, 100, "word " * 50)
    early = Message.objects.filter(conversation=reply.conversation, role="user").order_by("pk")[3]
    Message.objects.create(conversation=reply.conversation, parent=early, role="assistant", content="Another answer.")
    Message.objects.filter(conversation=reply.conversation, status="failed").update(status="done")
    read = history.before(reply, 1000)
    assert read.older + len(read.turns) == 103


def test_each_step_of_a_walk_looks_for_one_message_in_a_table_that_was_never_analysed(owner):
    reply = long_talk(owner, 2000, "word " * 50)
    values = {"conversation": tree.prepared(reply.conversation_id), "spaces": history.SPACES}
    values |= {"start": tree.prepared(reply.pk), "room": 100_000}
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {history._NEWEST.format(**history._NAMES[connection.vendor])}", values)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert ("Cond: (id = walk_1.parent_id)" if connection.vendor == "postgresql" else "above USING INDEX") in plan


def test_reads_the_history_of_a_long_conversation_with_one_query_more(owner):
    counts = []
    for number in (10, 2000):
        reply = long_talk(owner, number, "word " * 50)
        with CaptureQueriesContext(connection) as captured:
            assert engine.begin([reply.pk], WORKER)[reply.pk].request.messages
        put(reply, status="done")
        counts.append(len(captured))
    assert counts[1] == counts[0] + 1 <= 11


def test_reads_what_a_fork_has_copied(owner):
    source = long_talk(owner, 120)
    fork = source.conversation.fork(source.parent)
    _, reply = fork.ask("in the fork")
    assert said_before(reply) == [*said_before(source), "in the fork"]
    assert len(said_before(reply)) == 124


@pytest.mark.parametrize("words", ["words", ""])
def test_never_reads_a_circle_twice(owner, words):
    reply = long_talk(owner, 10)
    Message.objects.filter(conversation=reply.conversation).exclude(pk=reply.pk).update(content=words)
    root = Message.objects.get(conversation=reply.conversation, parent=None)
    put(root, parent=reply.parent)
    assert len(history.before(reply, 10_000).turns) == 13
    assert 0 <= history.before(reply, 20).older <= 14


def test_reads_nothing_of_another_conversation(owner, stranger):
    reply, theirs = waiting(owner), waiting(stranger)
    put(reply.parent, parent=theirs)
    assert said_before(reply) == ["What is a parley?"]
    assert history.before(reply, 0).older == 0


def test_reads_histories_after_the_claim_is_committed(owner, monkeypatch):
    reply, depths = waiting(owner), []
    read, outside = history.before, len(connection.savepoint_ids)
    monkeypatch.setattr(history, "before", lambda *args: depths.append(len(connection.savepoint_ids)) or read(*args))
    assert engine.begin([reply.pk], WORKER)
    assert depths == [outside]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ValueError("odd"), Outcome("failed", "internal")),
        (OperationalError("gone"), Outcome("handed over")),
        (InterfaceError("closed"), Outcome("handed over")),
    ],
)
async def test_asks_nothing_when_no_request_can_be_built(monkeypatch, error, outcome):
    def fail(*_):
        raise error

    monkeypatch.setattr(engine, "_request", fail)
    writing = engine._writing(Message(model=conf.MODEL, conversation=Conversation()))
    assert await engine.write(writing, lambda _: None, Random(1)) == outcome


@pytest.mark.parametrize(
    ("error", "status", "code"), [(ValueError("odd"), "failed", "internal"), (OperationalError("gone"), "pending", "")]
)
def test_leaves_no_reply_streaming_of_which_no_request_can_be_built(owner, monkeypatch, error, status, code):
    bad, good = waiting(owner), waiting(owner)
    build_request = engine._request

    def request(reply, *others):
        if reply.pk == bad.pk:
            raise error
        return build_request(reply, *others)

    monkeypatch.setattr(engine, "_request", request)
    writings = engine.begin([bad.pk, good.pk], WORKER)
    assert writings[good.pk].request.messages
    assert engine.settle(writings[bad.pk], writings[bad.pk].unasked)
    assert (put(bad).status, put(bad).error, put(good).status) == (status, code, "streaming")


# What nobody writes


def test_finds_what_a_worker_has_begun_and_does_not_know_of(owner, stranger):
    known, forgotten, theirs = (waiting(owner) for _ in range(3))
    just_now = waiting(stranger)
    for reply in (known, forgotten, just_now):
        assert reply.claim(WORKER)
    assert theirs.claim(uuid4())
    Message.objects.exclude(pk=just_now.pk).update(started_at=timezone.now() - timedelta(seconds=60))
    assert list(Message.objects.forgotten_by(WORKER, {known.pk})) == [forgotten]


@pytest.mark.parametrize(("content", "status"), [("", "pending"), ("so far", "interrupted")])
def test_takes_back_what_nobody_writes_and_dispatches_the_next(conversation, reply, dispatched, content, status):
    _, following = conversation.ask("next")
    reply.claim(WORKER)
    put(reply, content=content)
    Reaper().recover([reply])
    assert put(reply).status == status
    assert dispatched == [following.pk if content else reply.pk]


@pytest.mark.parametrize(("seconds", "lost"), [(None, True), (-3600, True), (-5, False), (5, False), (3600, True)])
def test_a_task_counts_as_lost_by_whichever_clock_it_was_sent(reply, seconds, lost):
    """A clock that is moved back must not let a question wait until then."""
    put(reply, enqueued_at=seconds and timezone.now() + timedelta(seconds=seconds))
    assert list(Message.objects.lost()) == [reply] * lost


@pytest.mark.parametrize(
    "find",
    [
        lambda rows, owner: with_heartbeats(rows.running()),
        lambda rows, owner: rows.orphaned(WORKER),
        lambda rows, owner: rows.lost(),
        lambda rows, owner: rows.waiting_of(owner.pk),
        lambda rows, owner: rows.forgotten_by(WORKER, []),
        lambda rows, owner: rows.unsettled().filter(conversation__owner_id__in=[owner.pk]).order_by("id"),
    ],
    ids=["workers", "orphans", "lost", "waiting", "forgotten", "unsettled"],
)
def test_reads_no_settled_messages_to_find_the_few_that_are_not(owner, find):
    long_talk(owner, 200)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("ANALYZE")
    assert "parley_message_unsettled" in find(Message.objects.all(), owner).explain()
